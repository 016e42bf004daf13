"""Waiting for what must come true in a real installation, with what was seen when it does not."""

import time
from collections.abc import Callable

PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 300.0  # waited for only where something is wrong, or the machine very busy


class NeverCameTrue(AssertionError):
    """What was waited for did not happen in time."""


def eventually[T](
    look: Callable[[], T],
    *,
    what: str,
    seconds: float = PATIENCE_SECONDS,
    seen: Callable[[], object] | None = None,
) -> T:
    """Return the first true answer of `look`; `seen` describes the scene when there is none."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            scene = f"\n{seen()}" if seen else ""
            raise NeverCameTrue(f"Not within {seconds:.0f} s: {what}.{scene}")
        time.sleep(PAUSE_SECONDS)
