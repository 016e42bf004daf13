"""One sample per node and five seconds, kept until Mobula has stored it."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from agent.head.observation import OBJECT_STORE, held
from agent.usage.processes import Usage

if TYPE_CHECKING:
    Sample = dict[str, Any]

KEEP_SECONDS = 3600.0
KEEP_SAMPLES = 50_000
MOST_SAMPLES_A_SYNC = 2_000


def sample_of(node: dict[str, Any], usage: Usage, *, at: float) -> Sample:
    """Return one node's sample: what it measured and what Ray had given away then."""
    capacity = node["total"].get(OBJECT_STORE)
    free = node["available"].get(OBJECT_STORE, 0.0)
    return {
        "node": node["node"],
        "at": round(at, 3),
        **usage._asdict(),
        "object_store_bytes": None if capacity is None else int(max(0.0, capacity - free)),
        "object_store_capacity": None if capacity is None else int(capacity),
        "held": held(node),
    }


class SampleBuffer:
    """The samples Mobula has not stored yet: at most an hour of them; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: deque[tuple[int, Sample]] = deque(maxlen=KEEP_SAMPLES)
        self._number = 0

    def add(self, samples: list[Sample], *, now: float) -> None:
        """Keep samples and let go of those older than an hour."""
        with self._lock:
            for sample in samples:
                self._number += 1
                self._samples.append((self._number, sample))
            while self._samples and self._samples[0][1]["at"] < now - KEEP_SECONDS:
                self._samples.popleft()

    def oldest(self, *, portion: float = 1.0) -> tuple[int, list[Sample]]:
        """Return the samples to send next and the number of the last of them.

        ``portion`` is how much of a full sync they may be.
        """
        most = int(MOST_SAMPLES_A_SYNC * portion)
        with self._lock:
            chosen = [self._samples[i] for i in range(min(len(self._samples), most))]
        return (chosen[-1][0] if chosen else 0), [sample for _, sample in chosen]

    def stored(self, number: int) -> None:
        """Forget every sample up to ``number``: Mobula has it."""
        with self._lock:
            while self._samples and self._samples[0][0] <= number:
                self._samples.popleft()
