"""What arrives: equal tasks or placement groups by their number, and how long each runs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from domain.demand import Gang, Resources, Strategy
from domain.planner.amounts import Amounts, add, exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """`count` times the same at one moment: a task, or with `gang` a placement group."""

    at: int  # seconds since the simulation began
    seconds: int  # that each of them runs
    count: int = 1
    resources: Resources = field(default_factory=dict)
    gang: Gang | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind:
    """Work that is alike: what one of it takes, wherever and whenever it runs."""

    number: int
    bundles: tuple[Amounts, ...]  # one for a task
    resources: Resources  # of a task, as Ray reports it
    gang: Gang | None = None

    @cached_property
    def total(self) -> Amounts:
        total: dict[str, int] = {}
        for bundle in self.bundles:
            add(total, bundle)
        return total

    @property
    def is_packed(self) -> bool:
        return self.gang is not None and self.gang.strategy is Strategy.STRICT_PACK

    @property
    def is_apart(self) -> bool:
        return self.gang is not None and self.gang.strategy is Strategy.STRICT_SPREAD


class Kinds:
    """The kinds of a workload, each known by what it asks for."""

    def __init__(self) -> None:
        self._known: dict[object, Kind] = {}

    def of(self, arrival: Arrival) -> Kind:
        """Return the kind of an arrival: the same one for the same resources."""
        key = _key(arrival)
        if key not in self._known:
            gang = arrival.gang
            bundles = gang.bundles if gang else (arrival.resources,)
            self._known[key] = Kind(
                number=len(self._known),
                bundles=tuple(exact(bundle) for bundle in bundles),
                resources=arrival.resources,
                gang=gang,
            )
        return self._known[key]


def in_order(arrivals: Iterable[Arrival]) -> tuple[Arrival, ...]:
    """Return the arrivals by their moment; those of one moment stay as they were."""
    return tuple(sorted(arrivals, key=lambda arrival: arrival.at))


def _key(arrival: Arrival) -> object:
    if arrival.gang is None:
        return tuple(sorted(arrival.resources.items()))
    bundles = tuple(tuple(sorted(bundle.items())) for bundle in arrival.gang.bundles)
    return arrival.gang.strategy, bundles
