"""A store of shared answers in this process, whose clock a test may move."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from threading import Lock

from providers.shared_answers import Kept, StoreAway


class MemoryAnswers:
    """What `AnswerStore` promises, for threads and for drivers that stand for processes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.is_away = False
        self.content: dict[str, tuple[float, bytes]] = {}
        self.claims: dict[str, tuple[str, float]] = {}
        self._numbers, self._lock = itertools.count(), Lock()

    def read(self, key: str, *, max_age: float) -> Kept | None:
        self._check()
        found = self.content.get(key)
        age = self.clock() - found[0] if found else 0
        return Kept(age=age, content=found[1]) if found and 0 <= age <= max_age else None

    def claim(self, key: str, *, seconds: float) -> str:
        self._check()
        with self._lock:
            now = self.clock()
            if key in self.claims and self.claims[key][1] > now:
                return ""
            proof = f"{now}-{next(self._numbers)}"
            self.claims[key] = proof, now + seconds
            return proof

    def write(self, key: str, content: bytes, *, claim: str, seconds: float) -> None:  # noqa: ARG002
        self._check()
        asked = float(claim.partition("-")[0])
        with self._lock:
            if key not in self.content or self.content[key][0] < asked:
                self.content[key] = asked, content
        self.release(key, claim=claim)

    def release(self, key: str, *, claim: str) -> None:
        self._check()
        with self._lock:
            if self.claims.get(key, ("",))[0] == claim:
                del self.claims[key]

    def _check(self) -> None:
        if self.is_away:
            raise StoreAway("The test took it away.")
