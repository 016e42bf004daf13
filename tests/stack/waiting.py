"""Waiting for what must come true, without a sleep of a fixed length."""

import time
from collections.abc import Callable

LONGEST_SECONDS = 30.0


def until(true: Callable[[], object], *, seconds: float = LONGEST_SECONDS) -> None:
    """Return as soon as `true` is; a test that waits for ever fails here instead."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
