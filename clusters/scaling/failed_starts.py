"""Nodes that failed lately, and the groups that launch nothing for a while because of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from clusters.models import Cluster, Node
from domain.lifecycle import START_FAILURES, EndCause

# So many failed starts in so long, and the group does not grow until they are past.
FAILED_STARTS, FAILED_STARTS_TIME = 3, timedelta(minutes=10)
_FAILURES = START_FAILURES | {EndCause.LOST, EndCause.INTERRUPTED}
_MOST = 200


def has_failed_lately(cluster: Cluster) -> bool:
    """Return whether any node of the run failed in FAILED_STARTS_TIME."""
    failed = cluster.run.failed_at
    return failed is not None and abs(now() - failed) < FAILED_STARTS_TIME


def failures_of(cluster: Cluster) -> list[Node]:
    """Return the run's nodes that failed in FAILED_STARTS_TIME, oldest first."""
    if not has_failed_lately(cluster):
        return []
    since = now() - FAILED_STARTS_TIME
    rows = cluster.nodes.filter(
        Q(terminating_at__gt=since) | Q(terminating_at=None, ended_at__gt=since),
        run=cluster.run_id,
        end_cause__in=_FAILURES,
    )
    rows = rows.select_related("group").annotate(failed_at=Coalesce("terminating_at", "ended_at"))
    return list(reversed(rows.order_by("-failed_at")[:_MOST]))


def failed_at(node: Node) -> datetime:
    """Return when a node of `failures_of` failed."""
    moment: datetime = node.failed_at  # type: ignore[attr-defined]
    return moment


def paused_until(failures: Iterable[Node]) -> Mapping[str, datetime]:
    """Return until when each group launches nothing, those that may launch left out."""
    moments: dict[str, list[datetime]] = {}
    for node in failures:
        retried = node.group.retried_at
        is_start = node.end_cause in START_FAILURES and node.booted_at is not None
        if is_start and (retried is None or failed_at(node) > retried):
            moments.setdefault(node.group.name, []).append(failed_at(node))
    return {
        group: sorted(failed)[-FAILED_STARTS] + FAILED_STARTS_TIME
        for group, failed in moments.items()
        if len(failed) >= FAILED_STARTS
    }


def paused_of(cluster: Cluster) -> dict[str, str]:
    """Return the groups whose machines come but never join Ray, with the reason not to go on."""
    failures = failures_of(cluster)
    starts = [node.group.name for node in failures if node.end_cause in START_FAILURES]
    minutes = FAILED_STARTS_TIME.seconds // 60
    return {
        group: f"{starts.count(group)} of its nodes failed to start in {minutes} minutes"
        for group in paused_until(failures)
    }
