"""Demand at the bounds of what a report may say, of kinds that are hard to plan for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from clusters.agent.bounds import MOST_BUNDLES, MOST_GANGS, MOST_SHAPES

type Report = dict[str, Any]

_GIB = 2**30


def different_shapes(chance: Random, count: int = MOST_SHAPES, *, labels: int = 0) -> list[Report]:
    """Return shapes of which no two are equal; with labels, each has three fallbacks."""
    return [{**_entry(chance, labels=labels), "count": 1} for _ in range(count)]


def gpu_fractions(chance: Random, count: int = MOST_SHAPES) -> list[Report]:
    """Return shapes that share GPUs in parts that hardly fit together."""
    return [
        {
            "resources": {"CPU": chance.randint(1, 16) / 4, "GPU": chance.randint(1, 9_999) / 1e4},
            "count": chance.randint(1, 1_000),
        }
        for _ in range(count)
    ]


def gangs(
    chance: Random, strategies: Sequence[str], count: int = MOST_GANGS, *, labels: int = 0
) -> list[Report]:
    """Return placement groups of different bundles, as many as a report may have."""
    return [
        {
            "id": f"{number:032x}",
            "strategy": strategies[number % len(strategies)],
            "bundles": [_entry(chance, labels=labels) for _ in range(MOST_BUNDLES // count)],
        }
        for number in range(count)
    ]


def _entry(chance: Random, *, labels: int) -> Report:
    """Return what one task or bundle asks for; no two are equal, and all selectors are met."""
    resources = {"CPU": chance.randint(1, 200) / 100, "memory": chance.randint(1, 300) * _GIB / 1e3}

    def selectors() -> list[Report]:
        return [
            {
                "key": f"key-{chance.randint(0, 50)}",
                "operator": "not in",
                "values": [f"value-{chance.randint(0, 9_999)}"],
            }
            for _ in range(labels)
        ]

    fallbacks = [selectors() for _ in range(3)] if labels else []
    return {"resources": resources, "selectors": selectors(), "fallbacks": fallbacks}


KINDS: Mapping[str, Callable[[Random], Report]] = {
    "placement groups with fallbacks": lambda chance: {
        "gangs": gangs(chance, ("PACK", "SPREAD", "STRICT_SPREAD"), labels=1)
    },
    "shapes with fallbacks": lambda chance: {"shapes": different_shapes(chance, labels=1)},
    "placement groups": lambda chance: {
        "gangs": gangs(chance, ("PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"))
    },
    "shapes and standing requests": lambda chance: {
        "shapes": different_shapes(chance),
        "standing_requests": different_shapes(chance),
    },
    "parts of GPUs": lambda chance: {"shapes": gpu_fractions(chance)},
}


def demands(seed: int) -> Iterable[Report]:
    """Yield one demand after the other, without end; no two are equal."""
    chance = Random(seed)  # noqa: S311 - the same demand in each run, no secret
    made = [
        {"shapes": [], "gangs": [], "standing_requests": [], **k(chance)} for k in KINDS.values()
    ]
    number = seed
    while True:
        number += 1
        demand = made[number // 4 % len(made)]
        changed = {"resources": {"CPU": 0.01 + number / 1e4}, "count": 1}
        yield {**demand, "shapes": [changed, *demand["shapes"]][:MOST_SHAPES]}
