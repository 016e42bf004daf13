"""An answer that many callers share: asked once for all of them, and again when it is too old."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from providers.shared_answers import AcrossProcesses


class SharedAnswer[T]:
    """What `ask` answered last, for callers who say how old it may be.

    An answer is as old as its question. While one caller asks, the others wait for the answer
    instead of asking too, so that any number of them makes one call. An error is raised for
    whoever asked, and the next one asks anew. With `across`, all of this holds for the processes
    of an installation together.
    """

    def __init__(
        self,
        ask: Callable[[], T],
        *,
        across: AcrossProcesses[T] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._across, self._clock = ask, across, clock
        self._lock = Lock()
        self._answer: tuple[float, T] | None = None

    def read(self, *, max_age: float) -> T:
        """Return an answer to a question that was asked at most `max_age` seconds ago."""
        oldest = self._clock() - max_age
        answer = self._answer
        if answer is not None and answer[0] >= oldest:
            return answer[1]
        with self._lock:
            answer = self._answer
            if answer is None or answer[0] < oldest:
                answer = self._asked(oldest)
                self._answer = answer
            return answer[1]

    def _asked(self, oldest: float) -> tuple[float, T]:
        began = self._clock()
        if self._across is None:
            return began, self._ask()
        age, answer = self._across.read(self._ask, max_age=began - oldest)
        return self._clock() - age, answer
