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

MOST_SHAPES, MOST_COUNT = 2_000, 1_000_000  # Ray itself reports no more shapes
MOST_GANGS, MOST_BUNDLES = 1_000, 10_000  # the bundles of all gangs together
MOST_NAMES, NAME_LENGTH = 100, 100  # resources of one shape or node
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


def amounts(items: Mapping[str, Any]) -> dict[str, float]:
    """Return amounts by resource."""
    return {
        text(name, most=NAME_LENGTH): amount(value)
        for name, value in islice(items.items(), MOST_NAMES)
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
    """Return the report's demand in the same form."""
    return {
        "shapes": _shapes(report.get("shapes", ())),
        "gangs": _gangs(report.get("gangs", ())),
        "standing_requests": _shapes(report.get("standing_requests", ())),
    }


def _shapes(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "resources": amounts(item["resources"]),
            "count": min(int(item["count"]), MOST_COUNT),
            "selectors": [_selector(s) for s in islice(item.get("selectors", ()), MOST_NAMES)],
        }
        for item in islice(items, MOST_SHAPES)
    ]


def _selector(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": text(item["key"], most=NAME_LENGTH),
        "operator": text(item.get("operator", "in"), most=10),
        "values": [text(value, most=NAME_LENGTH) for value in islice(item["values"], MOST_NAMES)],
    }


def _gangs(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the placement groups, each whole or not at all."""
    gangs: list[dict[str, Any]] = []
    room = MOST_BUNDLES
    for item in islice(items, MOST_GANGS):
        room -= len(item["bundles"])
        if room >= 0:
            bundles = [amounts(bundle) for bundle in item["bundles"]]
            strategy = text(item.get("strategy") or "PACK", most=20)
            gangs.append({"strategy": strategy, "bundles": bundles})
    return gangs
