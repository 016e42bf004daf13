"""The planner's question and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import ceil

from domain.demand import Demand, Resources, Shape
from domain.objective import Objective
from domain.offerings import Market
from domain.planner.explanation import sentences
from domain.planner.explanation.causes import DrainCause, LaunchCause, UnservedCause
from domain.strategies.model import Floor


class NodePhase(StrEnum):
    PENDING = "pending"  # asked for, not yet in Ray: counts with all its resources
    READY = "ready"
    LEAVING = "leaving"  # drains or is being removed: counts for nothing


class Ranking(StrEnum):
    """Which of the groups that could serve is taken."""

    PRICE = "price"  # whatever makes the whole cheapest; a group's weight divides its price
    ORDER = "order"  # the first that fits, whatever it costs


class ZonePolicy(StrEnum):
    """How a cluster's nodes lie in the zones of its region."""

    ANY = "any"  # wherever it is cheapest
    ONE = "one"  # all in one zone, another one only when the first has nothing
    SPREAD = "spread"  # evenly over the zones that offer the machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offering as a group may rent it, and what one node on it brings to Ray."""

    instance_type: str
    market: Market = Market.ON_DEMAND
    zone: str = ""
    resources: Resources  # logical, of one node
    labels: Mapping[str, str] = field(default_factory=dict)
    hourly_usd: Decimal | None  # None: unknown, which is not 0
    quota: int | None = None  # so many more may be rented; None: no limit is known
    cooling: str = ""  # why it cannot be rented now, as part of a sentence
    at_risk: bool = False  # the provider says that it takes such machines back soon
    rank: int | None = None  # with Ranking.ORDER: its own place; None: that of its group
    hosts: int = 1  # nodes that come and go together: the hosts of a TPU slice
    first_host: Resources = field(default_factory=dict)  # what only the first of them has beside


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGroup:
    """One group of workers: what it may rent, and how many nodes there may be."""

    name: str
    offers: tuple[Offer, ...]  # in the order of preference; the first is what minima are kept with
    min_nodes: int
    max_nodes: int  # all hosts of slices counted, as Ray counts
    idle_seconds: float  # give a node back after so long without work
    rank: int = 0  # with Ranking.ORDER: lower comes first; equal ones by price
    weight: float = 1  # with Ranking.PRICE: prices are divided by it
    floors: tuple[Floor, ...] = ()  # what strategies ask for beyond min_nodes
    warm_spare: int = 0  # nodes that are kept free beyond those that work
    warm_spare_percent: float = 0  # the same as a part of those that work, rounded up
    on_demand_nodes: int = 0  # so many first nodes are not spot
    on_demand_percent: float = 0  # of the nodes beyond those
    most_on_demand: int | None = None  # of a group that is to be spot; None: any number
    cooling: str = ""  # why nothing of it can be rented now
    known: tuple[Offer, ...] = ()  # not to rent: what nodes that are there may be

    @property
    def hosts(self) -> int:
        """How many of its nodes come and go together."""
        return max((offer.hosts for offer in (*self.offers, *self.known)), default=1)

    @property
    def instance_type(self) -> str:
        """The machine that it prefers."""
        return self.offers[0].instance_type if self.offers else self.name

    def spare(self, *, working: int) -> int:
        """Return how many nodes are kept free beside so many that work."""
        return max(self.warm_spare, ceil(working * self.warm_spare_percent / 100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What would be moved or lost with a node; all zero for an idle one."""

    tasks: int = 0
    actors: int = 0
    bundles: int = 0  # of placement groups
    object_bytes: int = 0  # primary copies

    @property
    def pieces(self) -> int:
        """How many pieces of work hold resources of the node."""
        return self.tasks + self.actors + self.bundles


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A worker as it is now. `free` of a pending node is all that its group promises."""

    name: str
    group: str
    phase: NodePhase
    free: Resources
    total: Resources
    instance_type: str = ""
    market: Market = Market.ON_DEMAND
    zone: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)  # beyond those of its offer
    hourly_usd: Decimal | None = None  # None: as its offer
    idle_seconds: float | None = None  # None: busy, or not known
    age_seconds: float = 0
    planned: tuple[Shape, ...] = ()  # what it was launched for, while that may still be coming
    work: Work = Work()
    units: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # free of each, if known
    label: str = ""  # for people; "": its name

    @property
    def shown(self) -> str:
        """The node as sentences name it."""
        return self.label or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    groups: tuple[PlannedGroup, ...]
    nodes: tuple[NodeView, ...]
    demand: Demand
    now: datetime | None = None
    autoscaling: bool = True  # off: every group is kept at its minimum
    ranking: Ranking = Ranking.PRICE
    objective: Objective = Objective.COST  # with Ranking.PRICE
    zones: ZonePolicy = ZonePolicy.ANY
    head_free: Resources = field(default_factory=dict)  # what the head itself still offers
    head_total: Resources = field(default_factory=dict)
    head_labels: Mapping[str, str] = field(default_factory=dict)
    head_zone: str = ""  # "": not known
    max_resources: Resources = field(default_factory=dict)  # over the whole cluster
    min_resources: Resources = field(default_factory=dict)
    max_usd_per_hour: Decimal | None = None  # of the whole cluster, its head included
    max_nodes: int | None = None  # workers of all groups together
    upscaling_speed: float | None = None  # as in Ray; None: any number may start at once
    head_usd_per_hour: Decimal = Decimal(0)
    most_idle_drains: int | None = None  # what the disruption budgets allow now; None: any number


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """`count` nodes, each of them for `shapes`."""

    count: int
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """`count` equal machines for one group, and what they are for."""

    group: str
    instance_type: str
    market: Market
    zone: str
    count: int
    hourly_usd: Decimal | None  # of one
    packs: tuple[Pack, ...] = ()  # of no more than `count` nodes; the others are for no demand
    cause: LaunchCause

    @property
    def reason(self) -> str:
        """The cause as a sentence."""
        return sentences.launch(self.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    node: str
    label: str  # for people
    cause: DrainCause
    idle: bool  # True: only if Ray agrees that it is idle; False: it must go

    @property
    def reason(self) -> str:
        """The cause as a sentence."""
        return sentences.drain(self.label, self.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    resources: Resources
    count: int
    cause: UnservedCause

    @property
    def reason(self) -> str:
        """The cause as part of a sentence."""
        return sentences.unserved(self.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    launches: tuple[Launch, ...] = ()
    drains: tuple[Drain, ...] = ()
    unserved: tuple[Unserved, ...] = ()
    # What each node that is there is to take: the next plan puts the same there again.
    placements: Mapping[str, tuple[Shape, ...]] = field(default_factory=dict)
    hourly_usd: Decimal | None = None  # of all workers once the plan is carried out
    fallbacks: int = 0  # how many fallbacks of waiting work were passed on to, in all

    @property
    def is_empty(self) -> bool:
        return not (self.launches or self.drains)
