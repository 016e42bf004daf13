"""A cluster that is settled, and the moment at which it is due again."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now

from clusters.models import Cluster, Consolidation
from clusters.queues import Queue
from clusters.reconcile import loop, settled
from tests.clusters.head import Head


def columns(head: Head, **values: object) -> None:
    """Write these columns of the cluster's row."""
    Cluster.objects.filter(pk=head.cluster.pk).update(**values)


def comes_to_rest(head: Head) -> Cluster:
    """Let agent and loop find that nothing is to be done; return the cluster's row."""
    for _ in range(2):
        head.report()
        Consolidation.objects.update(looked_at=now() - timedelta(seconds=11))
        head.pass_by()
    head.cluster.refresh_from_db()
    return head.cluster


def is_due(head: Head) -> None:
    """Let the time have come that the last pass or look wrote down."""
    row, past = Cluster.objects.get(pk=head.cluster.pk), now() - timedelta(seconds=1)
    look_at = past if row.look_at == row.wake_at else row.look_at
    rows = Cluster.objects.filter(pk=row.pk)
    rows.update(wake_at=past, look_at=look_at, rest_until=None)


def next_step(head: Head) -> str:
    """Return what a sweep asks for once the cluster is due: "pass", "look" or ""."""
    is_due(head)
    cluster_id = str(head.cluster.pk)
    if loop.due(Queue.FAST) == [cluster_id]:
        return "pass"
    return "look" if settled.due() == [[cluster_id]] else ""
