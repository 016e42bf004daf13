"""What cools down, for the cluster's Scaling page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clusters.models import Cluster, Cooldown, Group
from clusters.scaling.cooldowns import cooling_rows, stopped_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class CoolingRow:
    """One line of the table "What cools down until when"."""

    instance_type: str
    market: str
    zone: str
    failure: str
    streak: int
    failed_at: datetime
    until: datetime
    cause: str
    seen_here: bool  # else another cluster of the same cloud met it


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldowns:
    """What the cluster cannot have now, and what a person must mend."""

    rows: list[CoolingRow]
    stopped: list[Group]


def cooldowns_of(cluster: Cluster) -> Cooldowns:
    """Return what cools down for the cluster, and its stopped groups."""
    rows = [_row(cluster, row) for row in cooling_rows(cluster)]
    return Cooldowns(rows=rows, stopped=stopped_groups(cluster))


def _row(cluster: Cluster, row: Cooldown) -> CoolingRow:
    return CoolingRow(
        instance_type=row.instance_type or "every type",
        market=row.get_market_display(),
        zone=row.zone or "any",
        failure=row.failure,
        streak=row.streak,
        failed_at=row.failed_at,
        until=row.until,
        cause=row.cause,
        seen_here=row.cluster_id == cluster.pk,
    )
