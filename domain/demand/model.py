"""Demand as values: what waits, how much of it, and which nodes it accepts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

type Resources = Mapping[str, float]  # logical amounts: CPU and GPU in units, memory in bytes
type Selectors = tuple["LabelSelector", ...]
"""All of them must accept a node."""

# Ray's name for the label that a node has for each placement group with a bundle on it.
PLACEMENT_GROUP_LABEL = "_PG_"


class Strategy(StrEnum):
    """Ray's placement strategies."""

    PACK = "PACK"
    SPREAD = "SPREAD"
    STRICT_PACK = "STRICT_PACK"
    STRICT_SPREAD = "STRICT_SPREAD"


class Operator(StrEnum):
    """How a label selector compares a node's label."""

    IN = "in"
    NOT_IN = "not in"
    EXISTS = "exists"
    DOES_NOT_EXIST = "does not exist"
    # A constraint that this version cannot read: no node is known to meet it.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelector:
    key: str
    operator: str = Operator.IN
    values: tuple[str, ...] = ()

    def accepts(self, labels: Mapping[str, str]) -> bool:
        """Return whether a node with these labels is accepted; a missing label is in no list."""
        match self.operator:
            case Operator.IN:
                return labels.get(self.key) in self.values
            case Operator.NOT_IN:
                return labels.get(self.key) not in self.values
            case Operator.EXISTS:
                return self.key in labels
            case Operator.DOES_NOT_EXIST:
                return self.key not in labels
        return False

    @property
    def words(self) -> str:
        """What it accepts as people read it: "zone in (a, b)"."""
        if self.operator in {Operator.IN, Operator.NOT_IN}:
            return f"{self.key} {self.operator} ({', '.join(self.values)})"
        if self.operator == Operator.UNKNOWN:
            return f"{self.key}, which this version of Mobula does not know"
        if self.key.startswith(PLACEMENT_GROUP_LABEL):
            return f"no other bundle of placement group {self.key[len(PLACEMENT_GROUP_LABEL) :]}"
        return f"{self.key} {'set' if self.operator == Operator.EXISTS else 'not set'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`count` tasks or actors that each ask for `resources`.

    Where no node that the selectors accept can be had, the fallbacks are tried in their order.
    """

    resources: Resources
    count: int
    selectors: Selectors = ()
    fallbacks: tuple[Selectors, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a placement group reserves on one node, and which nodes it accepts."""

    resources: Resources
    selectors: Selectors = ()
    fallbacks: tuple[Selectors, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gang:
    """One pending placement group: all bundles or none.

    One that lost nodes waits for the lost bundles only. Where they cannot be placed, the fallbacks
    are tried in their order; each is a whole list of bundles.
    """

    strategy: Strategy
    bundles: tuple[Bundle, ...]
    id: str = ""  # Ray's; "": not known
    fallbacks: tuple[tuple[Bundle, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    shapes: tuple[Shape, ...] = ()
    gangs: tuple[Gang, ...] = ()
    # What `request_resources` asked for: it must fit the whole cluster, used or not.
    standing_requests: tuple[Shape, ...] = ()
    # Tasks and actors of placement groups that have their place: they wait for it to be free, and
    # no other node can take them.
    inside_groups: tuple[Shape, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.shapes or self.gangs or self.standing_requests or self.inside_groups)


def plain_bundles(resources: Iterable[Resources]) -> tuple[Bundle, ...]:
    """Return bundles that accept any node."""
    return tuple(Bundle(resources=each) for each in resources)


def describe(resources: Resources) -> str:
    """Return `resources` as people write them: "{CPU: 2, memory: 4 GiB}"."""
    return "{" + ", ".join(f"{k}: {_amount(k, v)}" for k, v in sorted(resources.items())) + "}"


def _amount(name: str, value: float) -> str:
    if name in {"memory", "object_store_memory"}:
        return f"{value / 2**30:g} GiB"
    return f"{value:g}"
