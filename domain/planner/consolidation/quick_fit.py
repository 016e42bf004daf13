"""A quick look whether work may fit elsewhere, before the planner is asked: it takes far longer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.demand import Selectors, Shape
from domain.planner.amounts import exact
from domain.planner.candidates import Candidate, candidates, labels_of, of_node
from domain.planner.limits import pending_or_ready
from domain.planner.model import PlanRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Whether work fits on what there is, or else on one new node: the cheapest that takes it."""

    found: bool
    new: Candidate | None = None

    @property
    def new_usd(self) -> Decimal:
        """What the new node costs an hour; a plan may find only a dearer one."""
        return (self.new.offer.hourly_usd if self.new else None) or Decimal(0)


def fitting(request: PlanRequest, *, below: Decimal) -> Fit:
    """Return where the shapes of the request fit, each on the first node with room for it.

    The largest come first and the fullest nodes are filled first. A new node costs less than
    `below`. The limits are left to the plan.
    """
    rooms = _Rooms(request)
    left = [shape for shape in rooms.ordered(request.demand.shapes) if not rooms.take(shape)]
    if not left:
        return Fit(found=True)
    able = (
        candidate
        for candidate in candidates(request)
        if candidate.offer.hourly_usd is not None
        and candidate.offer.hourly_usd < below
        and not candidate.offer.cooling
        and _takes(candidate, left)
    )
    new = min(
        able,
        key=lambda candidate: (candidate.offer.hourly_usd or Decimal(0), candidate.key),
        default=None,
    )
    return Fit(found=new is not None, new=new)


def _takes(candidate: Candidate, shapes: Sequence[Shape]) -> bool:
    needed: dict[str, int] = {}
    for shape in shapes:
        if not _accepts(shape, candidate.labels):
            return False
        for name, amount in exact(shape.resources).items():
            needed[name] = needed.get(name, 0) + amount * shape.count
    return all(candidate.brings.get(name, 0) >= amount for name, amount in needed.items())


def _accepts(shape: Shape, labels: Mapping[str, str]) -> bool:
    """Return whether the labels are accepted, be it by a fallback."""
    return any(
        all(selector.accepts(labels) for selector in selectors)
        for selectors in (shape.selectors, *shape.fallbacks)
    )


class _Rooms:
    """What is free on each node, as a table: one row for each node, the fullest first."""

    def __init__(self, request: PlanRequest) -> None:
        # Only a worker that consolidates needs it; it takes a while to load.
        import numpy as np

        self._np = np
        offers = of_node(request)
        rooms = [(exact(request.head_free), dict(request.head_labels))]
        rooms += [
            (exact(node.free), labels_of(node, offers)) for node in pending_or_ready(request.nodes)
        ]
        rooms.sort(key=lambda room: room[0].get("CPU", 0))
        names = {name for shape in request.demand.shapes for name in exact(shape.resources)}
        self._columns = sorted(names)
        self._labels = [labels for _, labels in rooms]
        self._free = np.array(
            [[free.get(name, 0) for name in self._columns] for free, _ in rooms], dtype=np.int64
        )
        self._accepting: dict[tuple[Selectors, ...], Any] = {}

    def ordered(self, shapes: Sequence[Shape]) -> list[Shape]:
        """Return each single copy, those first that take the largest share of all that is free."""
        all_free = self._np.maximum(self._free.sum(axis=0), 1)
        single = [shape for shape in shapes for _ in range(shape.count)]
        return sorted(
            single, key=lambda shape: -float((self._vector(shape) / all_free).max(initial=0))
        )

    def take(self, shape: Shape) -> bool:
        """Put one copy on the first node that has room; return whether there was one."""
        need = self._vector(shape)
        able = (self._free >= need).all(axis=1) & self._mask(shape)
        place = int(able.argmax())
        if not able[place]:
            return False
        self._free[place] -= need
        return True

    def _vector(self, shape: Shape) -> Any:
        amounts = exact(shape.resources)
        return self._np.array([amounts.get(name, 0) for name in self._columns])

    def _mask(self, shape: Shape) -> Any:
        key = shape.selectors, *shape.fallbacks
        if key not in self._accepting:
            self._accepting[key] = self._np.array(
                [_accepts(shape, labels) for labels in self._labels]
            )
        return self._accepting[key]
