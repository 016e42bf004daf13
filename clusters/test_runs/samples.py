"""The use and the cost of a test run over time: kept with it, since samples go after some days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from clusters.models import Cluster
from domain.pricing import interval_microusd
from metering.models import Interval
from metering.queries import Series, utilization_series
from metering.queries.close import KINDS, Shares, shares_in_steps

MOST_STEPS = 400
SHORTEST_STEP = 10.0  # seconds: agents measure every five, so that each step has some
# Of longer runs the roll-ups say enough, and reading them costs less.
READ_CLOSELY = timedelta(hours=6)


def samples_of(cluster: Cluster, *, now: datetime) -> dict[str, Any]:
    """Return the shares in use and the cost so far of each step, from the launch to the end.

    Shares are from 0 to 1, None where nothing was measured; `usd` is left out where the price of a
    machine is not known. At most 400 steps.
    """
    since, until = cluster.run.requested_at, cluster.run.ended_at or now
    if until <= since:
        return {}
    length = (until - since).total_seconds()
    seconds = max(SHORTEST_STEP, float(ceil(length / MOST_STEPS)))
    if until - since <= READ_CLOSELY:
        shares = shares_in_steps(cluster.pk, since=since, until=until, seconds=seconds)
    else:
        series = _series(cluster, since=since, until=until, now=now)
        seconds = max(seconds, series.step.total_seconds())
        shares = _shares(series, since=since, seconds=seconds)
    count = ceil(length / seconds)
    ends = [min(since + timedelta(seconds=seconds * step), until) for step in range(1, count + 1)]
    return {
        "since": since.isoformat(),
        "step": seconds,
        **_on_grid(shares, count),
        **_costs(cluster, ends, now=now),
    }


def _on_grid(shares: Shares, count: int) -> dict[str, list[float | None]]:
    """Return each kind's share in every step; a kind that nothing measured is left out."""
    grids: dict[str, list[float | None]] = {}
    for kind in KINDS:
        known = dict(zip(shares.steps, shares.of[kind], strict=True))
        values = [known.get(step) for step in range(count)]
        if any(value is not None for value in values):
            grids[kind] = [None if value is None else round(value, 4) for value in values]
    return grids


def _series(cluster: Cluster, *, since: datetime, until: datetime, now: datetime) -> Series:
    names = [f"{kind}_{what}" for kind in KINDS for what in ("used", "capacity")]
    return utilization_series(
        cluster_ids=[cluster.pk], since=since, until=until, now=now, measures=names
    )


def _shares(series: Series, *, since: datetime, seconds: float) -> Shares:
    means = series.means
    return Shares(
        steps=[max(0, int((at - since).total_seconds() / seconds)) for at in series.times],
        of={
            kind: [
                used / capacity if used is not None and capacity else None
                for used, capacity in zip(
                    means[f"{kind}_used"], means[f"{kind}_capacity"], strict=True
                )
            ]
            for kind in KINDS
        },
    )


def _costs(cluster: Cluster, ends: Sequence[datetime], *, now: datetime) -> dict[str, list[float]]:
    """Return what the cluster had cost by the end of each step, right to the second."""
    rows = list(Interval.objects.filter(cluster_id=cluster.pk))
    if any(row.hourly_microusd is None for row in rows):
        return {}
    return {"usd": [sum(_cost(row, until=end, now=now) for row in rows) / 1e6 for end in ends]}


def _cost(row: Interval, *, until: datetime, now: datetime) -> int:
    end = max(row.started_at, min(until, row.ended_at or now))
    return interval_microusd(
        row.hourly_microusd or 0, origin=row.started_at, start=row.started_at, end=end
    )
