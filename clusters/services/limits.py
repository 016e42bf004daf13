"""Change when a running cluster ends by itself, without another version."""

from __future__ import annotations

from math import ceil

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import Invalid
from accounts.models import User
from accounts.services import record
from clusters.models import Cluster
from clusters.nodes.config import TIME_LIMITS
from clusters.services.locking import locked
from clusters.services.waking import wake
from clusters.transitions import note
from clusters.updates.plan import require_live
from domain.events import EventKind

MOST_MINUTES = 60 * 24 * 365


@transaction.atomic
def change_time_limits(
    cluster: Cluster, *, idle_minutes: int | None, max_lifetime_minutes: int | None, by: User
) -> Cluster:
    """Give a running cluster another idle timeout and maximum lifetime; None is never.

    They hold until an update to a version that says something else. Raises `Invalid` for a
    lifetime that is over already, and `WrongState` unless the cluster runs.
    """
    current = locked(cluster, operator=by)
    require_live(current, to="change")
    wanted = dict(zip(TIME_LIMITS, (idle_minutes, max_lifetime_minutes), strict=True))
    for name, minutes in wanted.items():
        if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
            raise Invalid.at(name, f"Enter 1 to {MOST_MINUTES:,} minutes, or leave it empty.")
    _check_lifetime(current, max_lifetime_minutes)
    before = {name: getattr(current, name) for name in TIME_LIMITS}
    if wanted == before:
        return current
    Cluster.objects.filter(pk=current.pk).update(**wanted)
    for name, minutes in wanted.items():
        setattr(current, name, minutes)
    note(
        current,
        f"Idle timeout {_minutes(idle_minutes)}, maximum lifetime "
        f"{_minutes(max_lifetime_minutes)}.",
        kind=EventKind.CLUSTER_LIMITS_CHANGED,
        fields={**wanted, "before": before},
        by=by,
    )
    record(
        "cluster.limits_changed",
        actor=by,
        team=current.team,
        subject=current,
        before=before,
        after=wanted,
    )
    wake(current)
    return current


def _check_lifetime(cluster: Cluster, minutes: int | None) -> None:
    """A lifetime that is over would end the cluster at once, without a confirmation."""
    started = cluster.run.started_at
    if minutes is None or started is None:
        return
    age = ceil((now() - started).total_seconds() / 60)
    if minutes <= age:
        raise Invalid.at(
            "max_lifetime_minutes",
            f"{cluster} has run for {age} min: a maximum lifetime of {minutes} min would terminate "
            f"it immediately. Enter more than {age}, or terminate it.",
        )


def _minutes(minutes: int | None) -> str:
    return "none" if minutes is None else f"{minutes} min"
