"""Values kept by what they follow from, so that they are not worked out again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Memory[V]:
    """Values by what they follow from; the ones not asked for longest make room.

    Threads share it, and get the same values: nobody may change one. `weigh` says how much a value
    counts towards `most`, by default one.
    """

    def __init__(self, most: int, *, weigh: Callable[[V], int] | None = None) -> None:
        self._most, self._weigh = most, weigh or _one
        self._values, self._lock, self._weight = OrderedDict[Hashable, V](), Lock(), 0

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """Return the value of the key, made if it is not known."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            if key in self._values:
                return self._values[key]  # another thread made it meanwhile
            self._values[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._most:
                _, oldest = self._values.popitem(last=False)
                self._weight -= self._weigh(oldest)
        return value

    @property
    def weight(self) -> int:
        """How much all of its values weigh."""
        return self._weight

    def __len__(self) -> int:
        return len(self._values)


def _one(_: object) -> int:
    return 1
