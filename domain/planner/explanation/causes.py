"""Why a plan is as it is, as values: enums, numbers and names. `sentences` writes them out."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.demand import Resources, Selectors, Strategy
from domain.objective import Objective
from domain.offerings import Market

type Amounts = tuple[tuple[str, float], ...]
"""Resources that compare and hash."""


def amounts_of(resources: Resources) -> Amounts:
    """Return resources in the order of their names."""
    return tuple(sorted(resources.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is rented: an instance type, at a market, in a zone or wherever."""

    instance_type: str
    market: Market
    zone: str


class SourceKind(StrEnum):
    """Where demand comes from."""

    WORK = "work"  # tasks and actors
    STANDING_REQUEST = "standing_request"
    PLACEMENT_GROUP = "placement_group"
    INSIDE_GROUP = "inside_group"  # tasks and actors of a placement group that has its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    kind: SourceKind
    strategy: Strategy | None = None  # of a placement group
    group_id: str = ""  # of the placement group that work waits in


WORK = Source(kind=SourceKind.WORK)
STANDING_REQUEST = Source(kind=SourceKind.STANDING_REQUEST)


def placement_group(strategy: Strategy) -> Source:
    """Return the source of a placement group's bundles."""
    return Source(kind=SourceKind.PLACEMENT_GROUP, strategy=strategy)


def inside_group(group_id: str) -> Source:
    """Return the source of work that waits in a placement group."""
    return Source(kind=SourceKind.INSIDE_GROUP, group_id=group_id)


class StopKind(StrEnum):
    """The limits that keep a group from growing."""

    GROUP_MAXIMUM = "group_maximum"
    AUTOSCALING_OFF = "autoscaling_off"
    ON_DEMAND_MAXIMUM = "on_demand_maximum"  # of a spot group
    GROUP_COOLING = "group_cooling"
    OFFER_COOLING = "offer_cooling"
    QUOTA = "quota"
    MAX_RESOURCES = "max_resources"
    UNKNOWN_PRICE = "unknown_price"  # and there is a cap
    COST_CAP = "cost_cap"
    CLUSTER_MAXIMUM = "cluster_maximum"  # of nodes
    UPSCALING_SPEED = "upscaling_speed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The limit that allows no more nodes of a machine, and what its sentence names."""

    kind: StopKind
    group: str = ""
    machine: Machine | None = None
    nodes: int = 0  # the most that the group or cluster may have; that leave, and free the cap
    hosts: int = 1  # of each of its slices
    resource: str = ""
    amount: float = 0  # the most of the resource; the upscaling speed
    instance_type: str = ""  # that costs too much
    cap_usd: Decimal = Decimal(0)  # an hour
    cooling: str = ""  # why it cools down, as whoever stopped it wrote it


class MisfitKind(StrEnum):
    """Why no empty node could take a need."""

    NO_MACHINES = "no_machines"
    MISSING_RESOURCES = "missing_resources"
    TOO_LARGE = "too_large"
    LABELS = "labels"
    LABELS_ELSEWHERE = "labels_elsewhere"  # only nodes without the resources have the labels
    UNKNOWN_CONSTRAINT = "unknown_constraint"  # of a newer agent
    NOT_TOGETHER = "not_together"  # each resource fits some node, all of them fit none
    UNITS = "units"  # fractions that share a node, but no unit of it
    FRACTION = "fraction"  # more than one unit, and not whole ones
    NOT_WHOLE = "not_whole"  # it fits, but other bundles of its placement group do not


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    kind: MisfitKind
    missing: tuple[str, ...] = ()  # or what the units are of
    largest: Amounts = ()  # the most that one node has of what is too large
    selectors: Selectors = ()
    fallbacks: tuple[Selectors, ...] = ()


class PurposeKind(StrEnum):
    """Why nodes are kept or rented where no waiting work says it."""

    MINIMUM = "minimum"
    MIN_RESOURCES = "min_resources"
    STANDING_REQUEST = "standing_request"
    SPARE = "spare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    kind: PurposeKind
    group: str = ""
    nodes: int = 0  # of the minimum, or kept free
    raised: str = ""  # why a strategy raised the minimum, as the strategy wrote it
    resources: Amounts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """So many of one shape on the nodes of a launch."""

    count: int
    resources: Amounts
    source: Source = WORK


class ChoiceKind(StrEnum):
    """What speaks for a machine."""

    FIRST_IN_ORDER = "first_in_order"
    NEXT_IN_ORDER = "next_in_order"
    ONLY_ONE = "only_one"
    USUAL_PRICE = "usual_price"  # a price is not known
    CHEAPER = "cheaper"
    SAME_PRICE = "same_price"
    CHEAPEST_MIX = "cheapest_mix"
    BEST_MIX = "best_mix"
    BETTER = "better"  # dearer, but better by the objective


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    kind: ChoiceKind
    other: Machine | None = None  # the best alternative
    other_nodes: int = 0
    usd: Decimal = Decimal(0)  # an hour
    other_usd: Decimal = Decimal(0)
    objective: Objective = Objective.COST
    stops: tuple[Stop, ...] = ()  # of what would have come first


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchCause:
    """What so many equal machines are for: a purpose, or work and what speaks for the machine."""

    count: int
    machine: Machine
    hosts: int = 1  # of a slice
    purpose: Purpose | None = None
    served: tuple[Served, ...] = ()  # the largest first
    choice: Choice | None = None


class DrainKind(StrEnum):
    """Why a node goes."""

    GROUP_REMOVED = "group_removed"
    ABOVE_MAXIMUM = "above_maximum"
    ABOVE_CLUSTER_MAXIMUM = "above_cluster_maximum"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainCause:
    kind: DrainKind
    group: str
    nodes: int = 0  # that the group or the cluster has
    most: int = 0  # that are wanted
    is_pending: bool = False
    idle_seconds: float | None = None
    idle_limit: float = 0
    age_seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnservedCause:
    """Why something waits: what stopped each machine that it fits, or why it fits none."""

    source: Source = WORK
    purpose: Purpose | None = None  # the minimum that is missed
    stops: tuple[Stop, ...] = ()
    misfit: Misfit | None = None
    undecided: bool = False  # the budget of work was used up before
