"""What is placed: so many copies of amounts, some of which lie on single units of a node."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from domain.demand import Selectors, Shape
from domain.planner.amounts import Amounts, exact, plain
from domain.planner.explanation.causes import WORK, Source
from domain.planner.units.room import NOTHING, Parts, Split, copies_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """So many times the same shape; `apart`: each on a node of its own."""

    amounts: Amounts
    count: int
    selectors: Selectors = ()
    fallbacks: tuple[Selectors, ...] = ()  # to try in their order where the selectors find no node
    apart: bool = False
    source: Source = WORK
    tried: tuple[Selectors, ...] = ()  # selectors before these, for which no node could be had
    split: Split = field(default_factory=lambda: NOTHING)  # of a STRICT_PACK group

    @classmethod
    def of(cls, shape: Shape, *, source: Source = WORK) -> Self:
        """Return what `shape` needs."""
        return cls(
            amounts=exact(shape.resources),
            count=shape.count,
            selectors=shape.selectors,
            fallbacks=shape.fallbacks,
            source=source,
        )

    def shape(self, *, count: int) -> Shape:
        """Return so many of it as demand."""
        return Shape(
            resources=plain(self.amounts),
            count=count,
            selectors=self.selectors,
            fallbacks=self.fallbacks,
        )

    def fallback(self, *, count: int) -> Self:
        """Return so many of it with the next selectors to try."""
        return replace(
            self,
            count=count,
            selectors=self.fallbacks[0],
            fallbacks=self.fallbacks[1:],
            tried=(*self.tried, self.selectors),
        )

    def accepts(self, labels: Mapping[str, str]) -> bool:
        return not self.selectors or all(s.accepts(labels) for s in self.selectors)

    def accepts_any(self, labels: Mapping[str, str]) -> bool:
        """Return whether the labels are accepted by any of the selectors, tried ones included."""
        return any(
            all(selector.accepts(labels) for selector in selectors)
            for selectors in self.every_selectors
        )

    @property
    def every_selectors(self) -> tuple[Selectors, ...]:
        """The preferred selectors and all fallbacks, in their order."""
        return *self.tried, self.selectors, *self.fallbacks

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two needs the same shape."""
        return tuple(sorted(self.amounts.items())), self.selectors, self.fallbacks

    @property
    def most(self) -> int:
        """How many of it may lie on one node."""
        return 1 if self.apart else self.count

    def copies_in(self, free: Amounts, parts: Parts = NOTHING, *, at_most: int) -> int:
        """Return how many of it fit on a node."""
        return copies_in(free, self.amounts, at_most=at_most, parts=parts, split=self.split)


type Content = tuple[tuple[Need, int], ...]
"""What one node is given to do: needs with how many copies of each."""
