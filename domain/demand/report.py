"""Demand as the head agent reports it, read and written.

Older reports are read too: `not_in`, bundles that are nothing but resources, and `floors` for
standing requests.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from domain.demand.model import (
    Bundle,
    Demand,
    Gang,
    LabelSelector,
    Operator,
    Selectors,
    Shape,
    Strategy,
)
from domain.demand.reserved import is_inside_group
from domain.demand.selectors import OPERATORS, WRITTEN, as_ray_writes, selector_of

STANDING_REQUESTS, OLD_STANDING_REQUESTS = "standing_requests", "floors"
SHAPE_KEYS = ("resources", "count", "selectors", "fallbacks")
GANG_KEYS = ("id", "strategy", "bundles", "selectors", "fallbacks")
BUNDLE_KEYS = ("resources", "selectors", "fallbacks")
SELECTOR_KEYS = ("key", "operator", "values")


class UnreadableDemand(ValueError):
    """A report of demand that has no sense; `why` is part of a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Could not parse the demand: {why}.")
        self.why = why


def demand_from_report(report: Mapping[str, Any], *, strict: bool = False) -> Demand:
    """Return the demand in the agent's `demand` object; raises ValueError when it has no sense.

    An agent may be newer than this code: what it says beyond the keys that are known here becomes
    a selector that accepts no node, so that nothing is started for work that is only half
    understood. `strict` refuses such keys: people mistype.
    """
    try:
        return _Reader(strict=strict).demand(report)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise UnreadableDemand(_why(error)) from error


def report_of(demand: Demand) -> dict[str, Any]:
    """Return the demand as `demand_from_report` reads it."""
    return {
        "shapes": [asdict(shape) for shape in (*demand.shapes, *demand.inside_groups)],
        "gangs": [asdict(gang) for gang in demand.gangs],
        STANDING_REQUESTS: [asdict(shape) for shape in demand.standing_requests],
    }


def unknown_keys(item: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """Return the keys of a report's entry that are not among those known here."""
    return sorted(str(key) for key in item if key not in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    strict: bool

    def demand(self, report: Mapping[str, Any]) -> Demand:
        shapes = [*self._shapes(report, "shapes"), *self._shapes(report, "inside_groups")]
        return Demand(
            shapes=tuple(shape for shape in shapes if not is_inside_group(shape.resources)),
            gangs=tuple(
                self._gang(item, f"gangs[{place}]")
                for place, item in enumerate(report.get("gangs", ()))
            ),
            standing_requests=(
                *self._shapes(report, STANDING_REQUESTS),
                *self._shapes(report, OLD_STANDING_REQUESTS),
            ),
            inside_groups=tuple(shape for shape in shapes if is_inside_group(shape.resources)),
        )

    def _shapes(self, report: Mapping[str, Any], kind: str) -> Iterator[Shape]:
        for place, item in enumerate(report.get(kind, ())):
            where = f"{kind}[{place}]"
            selectors, *fallbacks = self._alternatives(item, SHAPE_KEYS, where)
            yield Shape(
                resources=_resources(item["resources"]),
                count=int(item["count"]),
                selectors=selectors,
                fallbacks=tuple(fallbacks),
            )

    def _gang(self, item: Mapping[str, Any], where: str) -> Gang:
        unread = self._unread(item, GANG_KEYS, where)
        bundles, *fallbacks = (
            tuple(_also(bundle, unread) for bundle in self._bundles(entries, where))
            for entries in (item["bundles"], *item.get("fallbacks", ()))
        )
        lists = item.get("selectors") or [()] * len(bundles)
        if len(lists) != len(bundles):
            raise UnreadableDemand(
                f"{where} has {len(lists)} lists of selectors for {len(bundles)} bundles: write "
                "one for each bundle"
            )
        return Gang(
            strategy=Strategy(item.get("strategy") or Strategy.PACK),
            bundles=tuple(
                _also(bundle, self._listed(selectors, f"{where}.selectors"))
                for bundle, selectors in zip(bundles, lists, strict=True)
            ),
            id=str(item.get("id") or ""),
            fallbacks=tuple(fallbacks),
        )

    def _bundles(self, items: Iterable[Mapping[str, Any]], where: str) -> Iterator[Bundle]:
        for place, item in enumerate(items):
            if not isinstance(item.get("resources"), Mapping):
                yield Bundle(resources=_resources(item))
                continue
            here = f"{where}.bundles[{place}]"
            selectors, *fallbacks = self._alternatives(item, BUNDLE_KEYS, here)
            yield Bundle(
                resources=_resources(item["resources"]),
                selectors=selectors,
                fallbacks=tuple(fallbacks),
            )

    def _alternatives(
        self, item: Mapping[str, Any], known: Collection[str], where: str
    ) -> Iterator[Selectors]:
        """Yield the selectors of an entry, and then each of its fallbacks."""
        unread = self._unread(item, known, where)
        yield (*self._listed(item.get("selectors", ()), f"{where}.selectors"), *unread)
        for selectors in item.get("fallbacks", ()):
            yield (*self._listed(selectors, f"{where}.fallbacks"), *unread)

    def _listed(self, items: Any, where: str) -> Selectors:
        """Return selectors from their list, or from a mapping as Ray's own code has it."""
        if isinstance(items, Mapping) and "key" not in items:
            return as_ray_writes(items)
        items = [items] if isinstance(items, Mapping) else items
        return tuple(
            selector
            for place, item in enumerate(items)
            for selector in self._selector(item, f"{where}[{place}]")
        )

    def _selector(self, item: Mapping[str, Any], where: str) -> Iterator[LabelSelector]:
        yield from self._unread(item, SELECTOR_KEYS, where)
        operator = OPERATORS.get(item.get("operator") or "in")
        if operator is not None:
            yield selector_of(item, operator)
        elif self.strict:
            raise UnreadableDemand(f"{where} has the operator {item['operator']!r}: use {WRITTEN}")
        else:
            yield LabelSelector(key=f"{item['key']} {item['operator']}", operator=Operator.UNKNOWN)

    def _unread(self, item: Mapping[str, Any], known: Collection[str], where: str) -> Selectors:
        """Return the keys that are not known here as selectors that accept no node."""
        unread = unknown_keys(item, known)
        if unread and self.strict:
            names = " and ".join(f'"{name[:40]}"' for name in unread)
            raise UnreadableDemand(
                f"{where} has {names}, which is not known: use {', '.join(map(_quoted, known))}"
            )
        return tuple(LabelSelector(key=name, operator=Operator.UNKNOWN) for name in unread)


def _also(bundle: Bundle, more: Selectors) -> Bundle:
    """Return the bundle with selectors that hold for each of its alternatives."""
    if not more:
        return bundle
    return Bundle(
        resources=bundle.resources,
        selectors=(*bundle.selectors, *more),
        fallbacks=tuple((*selectors, *more) for selectors in bundle.fallbacks),
    )


def _resources(item: Mapping[str, Any]) -> dict[str, float]:
    amounts = {str(name): float(amount) for name, amount in item.items()}
    for name, amount in amounts.items():
        if not math.isfinite(amount):
            raise UnreadableDemand(f"{name} is {amount}")
    return {name: amount for name, amount in amounts.items() if amount > 0}


def _quoted(name: str) -> str:
    return f'"{name}"'


def _why(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else repr(error)
