"""Waiting for what must come true, without a sleep of a fixed length."""

import time
from collections.abc import Callable

LONGEST_SECONDS = 180.0  # never waited for unless the machine is very busy


def until(true: Callable[[], object]) -> None:
    """Return as soon as `true` is; a test that waits for ever fails here instead."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
