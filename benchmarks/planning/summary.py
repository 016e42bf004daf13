"""What all rows say together."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.planning.rows import Row

_FEW_SHAPES = 20


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Return geometric means of ours ÷ bound, the worst times, and what must not be."""
    return {
        "ours_to_bound": {name: _mean(rows, belongs) for name, belongs in _CLASSES.items()},
        "by_trace": {
            trace: _mean(rows, lambda row, trace=trace: row["trace"] == trace)
            for trace in dict.fromkeys(row["trace"] for row in rows)
        },
        "ray_to_bound": {
            version: _mean(rows, lambda _: True, cost=f"ray_{version}_cost")
            for version in ("v1", "v2")
        },
        "worst_ms": {name: _worst(rows, belongs) for name, belongs in _TIMED.items()},
        "above_ray": [name_of(row) for row in rows if above_ray(row)],
        "not_verified": [name_of(row) for row in rows if row["problems"]],
        "left_over_without_need": [
            name_of(row) for row in rows if row["unplaced"] > row["least_unplaced"]
        ],
    }


def above_ray(row: Row) -> bool:
    """Return whether one of Ray's schedulers serves as much for less."""
    costs = [
        row[f"ray_{version}_cost"]
        for version in ("v1", "v2")
        if row[f"ray_{version}_cost"] is not None
        and row[f"ray_{version}_unplaced"] <= row["unplaced"]
        and row[f"ray_{version}_verified"] is not False
    ]
    return any(usd < row["ours_cost"] - 1e-6 for usd in costs)


def name_of(row: Row) -> str:
    return f"{row['trace']}/{row['demands']}/{row['types']}/{row['seed']}"


def lines(found: dict[str, Any]) -> Iterable[str]:
    """Yield the summary as text."""
    means = ", ".join(f"{name} {_shown(value)}" for name, value in found["ours_to_bound"].items())
    yield f"ours ÷ bound, geometric mean: {means}"
    traces = ", ".join(f"{name} {_shown(value)}" for name, value in found["by_trace"].items())
    yield f"  by trace: {traces}"
    ray = ", ".join(f"{name} {_shown(value)}" for name, value in found["ray_to_bound"].items())
    yield f"Ray's schedulers ÷ bound: {ray}"
    times = ", ".join(f"{name} {_shown(value)}" for name, value in found["worst_ms"].items())
    yield f"ours, worst milliseconds: {times}"
    for key, words in (
        ("above_ray", "dearer than the best of Ray's two"),
        ("not_verified", "not verified"),
        ("left_over_without_need", "more left over than must be"),
    ):
        yield f"{words}: {', '.join(found[key]) or 'none'}"


_CLASSES: dict[str, Callable[[Row], bool]] = {
    "all": lambda _: True,
    "up to 20 shapes": lambda row: row["shapes"] <= _FEW_SHAPES,
    "manyshapes": lambda row: row["trace"] == "manyshapes",
}
_TIMED: dict[str, Callable[[Row], bool]] = {
    "10,000 × 100 up to 20 shapes": lambda row: (
        row["demands"] == 10_000 and row["types"] == 100 and row["shapes"] <= _FEW_SHAPES
    ),
    "manyshapes": lambda row: row["trace"] == "manyshapes",
    "huge": lambda row: row["trace"] == "huge",
    "all": lambda _: True,
}


def _mean(
    rows: Iterable[Row], belongs: Callable[[Row], bool], *, cost: str = "ours_cost"
) -> float | None:
    """Return the geometric mean; rows in which something was left over say nothing about cost."""
    logs = [
        math.log(row[cost] / row["bound"])
        for row in rows
        if belongs(row) and row["bound"] and row[cost] and not row["unplaced"]
    ]
    return round(math.exp(sum(logs) / len(logs)), 5) if logs else None


def _worst(rows: Iterable[Row], belongs: Callable[[Row], bool]) -> float | None:
    return max((row["ours_ms"] for row in rows if belongs(row)), default=None)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
