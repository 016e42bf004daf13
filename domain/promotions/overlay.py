"""What an environment lays over every configuration that runs there, above the version's own.

A cloud here is one account in one region, so an environment chooses its region by its cloud.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Self

from domain.catalogue.region import ANYWHERE
from domain.configuration.spec import HeadNode, MarketType
from domain.limits import MAX_NODES
from domain.problems import has_errors
from domain.validation.nodes.labels import label_problems
from domain.wording import price

MOST_LABELS = 30
MOST_CPUS = MAX_NODES * 1_000
MOST_USD = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What holds for all clusters of an environment; what is not set stays as a version says.

    Maxima are caps: of a version's own and the environment's, the smaller one holds.
    """

    cloud: str = ""  # in the place of the version's: its account, and its region
    max_nodes: int | None = None  # workers of all groups together
    max_cpus: int | None = None
    max_gpus: int | None = None
    max_usd_per_hour: Decimal | None = None
    market: MarketType | None = None  # of all worker groups
    labels: Mapping[str, str] = field(default_factory=dict)  # of all nodes

    def __bool__(self) -> bool:
        return self != NOTHING

    @property
    def plain(self) -> dict[str, Any]:
        """What is set, as JSON has it."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        kept = {name: value for name, value in found.items() if value not in ("", None, {})}
        return {name: _plain(value) for name, value in kept.items()}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """Return the overlay that `plain` wrote down."""
        values = dict(plain)
        if (cap := values.get("max_usd_per_hour")) is not None:
            values["max_usd_per_hour"] = Decimal(str(cap))
        if market := values.get("market"):
            values["market"] = MarketType(market)
        return cls(**values)

    @property
    def words(self) -> tuple[str, ...]:
        """What is set, each in a short sentence."""
        return tuple(_words(self))


NOTHING = Overlay()
"""What an environment lays over configurations until somebody says something."""

MARKETS: Mapping[MarketType, str] = {
    MarketType.ON_DEMAND: "On-demand only",
    MarketType.SPOT: "Spot only",
    MarketType.PREFER_SPOT: "Spot, else on-demand",
}


def differences(before: Overlay, after: Overlay) -> tuple[tuple[str, str, str], ...]:
    """Return each setting that differs, as (label, before, after) in words."""
    rows = (
        (_LABELS[each.name], getattr(before, each.name), getattr(after, each.name))
        for each in fields(Overlay)
    )
    return tuple((label, _shown(old), _shown(new)) for label, old, new in rows if old != new)


def wrong_settings(overlay: Overlay) -> dict[str, str]:
    """Return what is wrong with an overlay by itself, by the names of its fields."""
    wrong = {
        name: f"Enter {least:,} to {most:,}, or leave it empty."
        for name, (least, most) in _BOUNDS.items()
        if (value := getattr(overlay, name)) is not None and not least <= value <= most
    }
    if labels := _wrong_labels(overlay.labels):
        wrong["labels"] = labels
    return wrong


_BOUNDS: Mapping[str, tuple[int, int]] = {
    "max_nodes": (1, MAX_NODES),
    "max_cpus": (1, MOST_CPUS),
    "max_gpus": (0, MOST_CPUS),
    "max_usd_per_hour": (0, MOST_USD),
}
_LABELS: Mapping[str, str] = {
    "cloud": "Cloud and region",
    "max_nodes": "Max worker nodes",
    "max_cpus": "Max CPUs",
    "max_gpus": "Max GPUs",
    "max_usd_per_hour": "Max $/h",
    "market": "Market",
    "labels": "Labels",
}


def _wrong_labels(labels: Mapping[str, str]) -> str:
    if len(labels) > MOST_LABELS:
        return f"Use at most {MOST_LABELS} labels; these are {len(labels)}."
    found = list(label_problems(HeadNode(labels=dict(labels)), "head_node", ANYWHERE))
    wrong = next((p for p in found if has_errors([p])), None)
    return f"{wrong.message} {wrong.hint}".strip() if wrong else ""


def _words(overlay: Overlay) -> Iterator[str]:
    if overlay.cloud:
        yield f"Clusters run on {overlay.cloud}."
    if overlay.max_nodes is not None:
        nodes = "worker node" if overlay.max_nodes == 1 else "worker nodes"
        yield f"At most {overlay.max_nodes:,} {nodes}."
    for value, unit in ((overlay.max_cpus, "CPU"), (overlay.max_gpus, "GPU")):
        if value is not None:
            yield f"At most {value:,} {unit}{'' if value == 1 else 's'}."
    if overlay.max_usd_per_hour is not None:
        yield f"At most {price(overlay.max_usd_per_hour)} an hour."
    if overlay.market is not None:
        yield f"Workers: {MARKETS[overlay.market].lower()}."
    if overlay.labels:
        pairs = ", ".join(f"{name}={value}" for name, value in sorted(overlay.labels.items()))
        yield f"Labels: {pairs}."


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return str(value.normalize() if value else Decimal(0))
        case Mapping():
            return {name: value[name] for name in sorted(value)}
        case MarketType():
            return str(value)
    return value


def _shown(value: object) -> str:
    match value:
        case None | "":
            return "not set"
        case MarketType():
            return MARKETS[value]
        case Decimal():
            return price(value)
        case Mapping():
            return ", ".join(f"{name}={value[name]}" for name in sorted(value)) or "not set"
        case int():
            return f"{value:,}"
    return str(value)
