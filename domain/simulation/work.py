"""What arrives: equal tasks or placement groups by their number, and how long each runs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.demand import Bundle, Gang, Resources, Selectors, Strategy
from domain.planner.amounts import Amounts, exact

type Alternatives = tuple[Selectors, ...]
"""Label selectors, and then their fallbacks in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """`count` times the same at one moment: a task, or with `gang` a placement group."""

    at: int  # seconds since the simulation began
    seconds: int  # that each of them runs
    count: int = 1
    resources: Resources = field(default_factory=dict)
    selectors: Selectors = ()
    fallbacks: tuple[Selectors, ...] = ()
    gang: Gang | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind:
    """Work that is alike: what one of it takes, wherever and whenever it runs."""

    number: int
    bundles: tuple[Amounts, ...]  # one for a task
    labels: tuple[Alternatives, ...]  # which nodes each bundle accepts
    resources: Resources  # of a task, as Ray reports it
    gang: Gang | None = None

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
            gang, bundles = arrival.gang, _bundles(arrival)
            self._known[key] = Kind(
                number=len(self._known),
                bundles=tuple(exact(bundle.resources) for bundle in bundles),
                labels=tuple((bundle.selectors, *bundle.fallbacks) for bundle in bundles),
                resources=arrival.resources,
                gang=gang,
            )
        return self._known[key]


def in_order(arrivals: Iterable[Arrival]) -> tuple[Arrival, ...]:
    """Return the arrivals by their moment; those of one moment stay as they were."""
    return tuple(sorted(arrivals, key=lambda arrival: arrival.at))


def _bundles(arrival: Arrival) -> tuple[Bundle, ...]:
    if arrival.gang:
        return arrival.gang.bundles
    bundle = Bundle(
        resources=arrival.resources, selectors=arrival.selectors, fallbacks=arrival.fallbacks
    )
    return (bundle,)


def _key(arrival: Arrival) -> object:
    bundles = tuple(
        (tuple(sorted(bundle.resources.items())), bundle.selectors, bundle.fallbacks)
        for bundle in _bundles(arrival)
    )
    return arrival.gang and arrival.gang.strategy, bundles
