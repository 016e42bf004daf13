"""Each cluster's use in the ranges that the utilization page offers, computed aside.

A page that added up the buckets of every cluster would read hundreds of thousands of rows; this
way it reads one row a cluster. All ranges are computed again each minute while that is cheap; one
that takes long is left alone for a hundred times as long, so that it costs a core one percent.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from metering.models import UseWindow

_LOCK = 0x6D6F6204
_RESOURCES = ("cpu", "memory", "gpu")
_PAUSE = 100  # times the seconds that it took


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A range that ends now, and the roll-ups of use and of cost that it is read from."""

    key: str
    length: timedelta
    use: str
    cost: str = "metering_costday"
    moment: str = "day::timestamp AT TIME ZONE 'UTC'"  # when a row of cost begins
    step: str = "1 day"
    weighed: bool = True  # hours and days: by how many five minutes were measured


def _fine(key: str, hours: int, *, use: str, weighed: bool) -> Window:
    return Window(
        key=key,
        length=timedelta(hours=hours),
        use=use,
        cost="metering_costhour",
        moment="hour",
        step="1 hour",
        weighed=weighed,
    )


WINDOWS = (
    _fine("1h", 1, use="metering_rollup_5m", weighed=False),
    _fine("6h", 6, use="metering_rollup_5m", weighed=False),
    _fine("24h", 24, use="metering_rollup_1h", weighed=True),
    Window(key="7d", length=timedelta(days=7), use="metering_rollup_1h"),
    Window(key="30d", length=timedelta(days=30), use="metering_rollup_1d"),
)


def refresh(now: datetime, *, windows: Iterable[Window] = WINDOWS) -> list[str]:
    """Compute the windows that are due; return their keys."""
    last = {row.key: row for row in UseWindow.objects.all()}
    return [window.key for window in windows if _refresh(window, last.get(window.key), now)]


@transaction.atomic
def _refresh(window: Window, last: UseWindow | None, now: datetime) -> bool:
    if last and timedelta(0) <= now - last.computed_at < timedelta(seconds=_PAUSE * last.seconds):
        return False
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute('DELETE FROM metering_clusteruse WHERE "window" = %s', [window.key])
        cursor.execute(
            _query(window), {"window": window.key, "since": now - window.length, "now": now}
        )
    UseWindow.objects.update_or_create(
        key=window.key,
        defaults={"computed_at": now, "seconds": time.monotonic() - began},
    )
    return True


def _query(window: Window) -> str:
    """Return the SQL that writes one row for each cluster that was measured or paid for.

    The row of cost in which the window begins counts by the share that is within.
    """
    share = f"""least(1, greatest(0, extract(epoch FROM
        {window.moment} + interval '{window.step}' - %(since)s)
        / extract(epoch FROM interval '{window.step}')))"""
    earliest = f"%(since)s - interval '{window.step}'"
    amounts = ", ".join(
        f"coalesce(sum({share} * {part}), 0)::bigint AS {name}"
        for part, name in (
            ("reserved_idle", "held_unused"), ("infra_idle", "unreserved"), ("total", "paid"),
        )
    )  # fmt: skip
    use = [f"{resource}_{what}" for resource in _RESOURCES
           for what in ("capacity", "held", "used", "p50", "p95", "max")]  # fmt: skip
    return f"""
        WITH use AS (
            SELECT cluster_id, {", ".join(_columns(window))} FROM {window.use}
            WHERE node = '' AND bucket >= %(since)s AND bucket < %(now)s GROUP BY cluster_id
        ), cost AS (
            SELECT cluster_id, {amounts} FROM {window.cost}
            WHERE day >= ({earliest})::date AND {window.moment} > {earliest} GROUP BY cluster_id
        )
        INSERT INTO metering_clusteruse ("window", cluster_id, team_id, template_id, owner_id,
            {", ".join(use)}, held_unused, unreserved, paid)
        SELECT %(window)s, cluster_id, team_id, template_id, owner_id, {", ".join(use)},
            coalesce(held_unused, 0), coalesce(unreserved, 0), coalesce(paid, 0)
        FROM use LEFT JOIN cost USING (cluster_id)
            JOIN metering_meteredcluster USING (cluster_id)
    """  # noqa: S608 - of constants


def _columns(window: Window) -> Iterable[str]:
    for resource in _RESOURCES:
        for what in ("capacity", "held", "used"):
            yield f"{_mean(f'{resource}_{what}_mean', window)} AS {resource}_{what}"
        # Each step against its own capacity: what 10 nodes used is no share of a mean of 3.
        whole = _mean(f"{resource}_capacity_mean", window)
        most = f"nullif(greatest({resource}_capacity_max, {resource}_capacity_mean), 0)"
        share = f"{resource}_used_mean / nullif({resource}_capacity_mean, 0)"
        yield f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {share}) * {whole} AS {resource}_p50"
        share = f"{resource}_used_p95 / {most}"
        yield f"percentile_cont(0.95) WITHIN GROUP (ORDER BY {share}) * {whole} AS {resource}_p95"
        yield f"max({resource}_used_max / {most}) * {whole} AS {resource}_max"


def _mean(column: str, window: Window) -> str:
    if not window.weighed:
        return f"avg({column})"
    return f"sum({column} * buckets) / sum(buckets) FILTER (WHERE {column} IS NOT NULL)"
