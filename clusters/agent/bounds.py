"""A report within bounds: user code runs beside the agent and can speak with its token.

What is too long or too much is cut, what has no sense raises ValueError or TypeError: the worst
that a hostile report can do is to tell lies about its own cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from math import isfinite
from typing import Any

from django.utils.timezone import now

from domain.demand import Bundle, Gang, Selectors, Shape, demand_from_report

MOST_SHAPES, MOST_COUNT = 2_000, 1_000_000  # Ray itself reports no more shapes
MOST_GANGS, MOST_BUNDLES = 1_000, 10_000  # the bundles of all gangs together
MOST_NAMES, NAME_LENGTH = 100, 100  # resources of one shape
MOST_NODE_NAMES = 2_000  # of a node: each bundle of a placement group there has some of its own
MOST_FALLBACKS, LABEL_LENGTH = 10, 350  # a key of Kubernetes has 317 characters at most
MOST = 1e15  # of anything: sums of it stay far from where numbers end


def text(value: object, *, most: int) -> str:
    """Return `value` as text that PostgreSQL can store, at most so many characters."""
    words = str(value or "")[:most].replace("\0", " ")
    return words.encode("utf-8", "replace").decode()  # lone surrogates cannot be stored either


def amount(value: float | str) -> float:
    """Return a finite amount from 0 to 1e15; raises ValueError for NaN and infinity."""
    number = float(value)
    if not isfinite(number):
        raise ValueError(f"{number} is not a valid amount.")
    return min(max(number, 0.0), MOST)


def amounts(items: Mapping[str, Any], *, most: int = MOST_NAMES) -> dict[str, float]:
    """Return amounts by resource."""
    return {
        text(name, most=NAME_LENGTH): amount(value) for name, value in islice(items.items(), most)
    }


def words(items: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of a job's metadata."""
    return {
        text(name, most=NAME_LENGTH): text(value, most=1_000)
        for name, value in islice(items.items(), MOST_NAMES)
    }


def moment(seconds: float | None) -> datetime | None:
    """Return the moment so many seconds after 1970, never in the future."""
    return min(datetime.fromtimestamp(seconds, tz=UTC), now()) if seconds else None


def demand(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report's demand as it is stored.

    What an agent newer than this server says beyond what is known here stays as a selector that
    no node meets.
    """
    kinds = ("shapes", "standing_requests", "floors")
    read = demand_from_report(
        {
            **{kind: list(islice(report.get(kind, ()), MOST_SHAPES)) for kind in kinds},
            "gangs": list(islice(report.get("gangs", ()), MOST_GANGS)),
        }
    )
    return {
        "shapes": [_shape(shape) for shape in (*read.shapes, *read.inside_groups)],
        "gangs": _gangs(read.gangs),
        "standing_requests": [_shape(shape) for shape in read.standing_requests],
    }


def _shape(shape: Shape) -> dict[str, Any]:
    return {**_bundle(shape), "count": min(shape.count, MOST_COUNT)}


def _bundle(item: Shape | Bundle) -> dict[str, Any]:
    return {
        "resources": amounts(item.resources),
        "selectors": _selectors(item.selectors),
        "fallbacks": [_selectors(selectors) for selectors in item.fallbacks[:MOST_FALLBACKS]],
    }


def _selectors(selectors: Selectors) -> list[dict[str, Any]]:
    return [
        {
            "key": text(selector.key, most=LABEL_LENGTH),
            "operator": str(selector.operator),
            "values": [text(value, most=NAME_LENGTH) for value in selector.values[:MOST_NAMES]],
        }
        for selector in selectors[:MOST_NAMES]
    ]


def _gangs(gangs: Sequence[Gang]) -> list[dict[str, Any]]:
    """Return the placement groups, each whole or not at all."""
    kept: list[dict[str, Any]] = []
    room = MOST_BUNDLES
    for gang in gangs:
        lists = gang.bundles, *gang.fallbacks[:MOST_FALLBACKS]
        room -= sum(map(len, lists))
        if room >= 0:
            bundles, *fallbacks = ([_bundle(bundle) for bundle in bundles] for bundles in lists)
            kept.append(
                {
                    "id": text(gang.id, most=NAME_LENGTH),
                    "strategy": str(gang.strategy),
                    "bundles": bundles,
                    "fallbacks": fallbacks,
                }
            )
    return kept
