"""Memory that several hold at the same time, bounded in all and for each."""

from collections import Counter
from collections.abc import Hashable


class BudgetSpent(Exception):
    """There is no room for more now."""


class Budget:
    """A number of bytes that all may hold together, and one holder alone."""

    def __init__(self, most: int, *, each: int) -> None:
        self._most, self._each = most, each
        self._held: Counter[Hashable] = Counter()

    @property
    def held(self) -> int:
        """How many bytes are held now."""
        return self._held.total()

    def take(self, holder: Hashable, size: int) -> None:
        """Note that `holder` holds so many bytes more; raises BudgetSpent."""
        if self._held[holder] + size > self._each or self.held + size > self._most:
            raise BudgetSpent
        self._held[holder] += size

    def give_back(self, holder: Hashable, size: int) -> None:
        """Note that `holder` has let go of so many bytes."""
        self._held[holder] -= size
        if self._held[holder] <= 0:
            del self._held[holder]
