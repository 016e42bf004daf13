"""What a rule would have asked for, had it been on: looked at before it is enabled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from domain.strategies.expression import EvaluationFailed, Facts, understood

MOST_ERRORS = 20  # that are listed; all are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The floor at one moment, beside the nodes that there really were."""

    at: datetime
    floor: int
    nodes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    at: datetime
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A rule, played over samples that were taken while it was not on.

    `extra` is what it asked for beyond the nodes there were: what enabling it would have added,
    as far as a replay can know.
    """

    points: tuple[Point, ...]
    failures: tuple[Failure, ...]
    failed: int
    node_hours: float
    extra_node_hours: float
    extra_usd: Decimal | None  # None: nobody knows the price of a node


def replay(
    text: str,
    samples: Sequence[Facts],
    *,
    step: timedelta,
    usd_per_node_hour: Decimal | None = None,
) -> Replay:
    """Return what the rule would have asked for; raises BadExpression when it is no rule.

    The samples are in the order of time. Each holds until the next one, for `step` at most: while
    a cluster was stopped, nothing was asked for.
    """
    expression = understood(text)
    points, failures, floor = [], [], 0
    for facts in samples:
        try:
            floor = expression.nodes(facts)
        except EvaluationFailed as error:  # the last value stands, as it does when it is on
            failures.append(Failure(at=facts.now, message=str(error)))
        points.append(Point(at=facts.now, floor=floor, nodes=facts.nodes))
    hours = _hours(points, step)
    extra = sum(
        max(0.0, p.floor - p.nodes) * length for p, length in zip(points, hours, strict=True)
    )
    return Replay(
        points=tuple(points),
        failures=tuple(failures[:MOST_ERRORS]),
        failed=len(failures),
        node_hours=sum(p.floor * length for p, length in zip(points, hours, strict=True)),
        extra_node_hours=extra,
        extra_usd=None
        if usd_per_node_hour is None
        else (Decimal(str(extra)) * usd_per_node_hour).quantize(Decimal("0.0001")),
    )


def _hours(points: Sequence[Point], step: timedelta) -> list[float]:
    """Return for how many hours each point held."""
    lengths = [min(step, later.at - earlier.at) for earlier, later in pairwise(points)]
    lengths += [step] * bool(points)
    return [length / timedelta(hours=1) for length in lengths]
