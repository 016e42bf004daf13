"""Ask a worker to look at a cluster now."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from clusters.models import Cluster
from clusters.queues import Priority, Queue, is_resting, queue_of
from clusters.tasks import ask_for_pass

log = logging.getLogger(__name__)


def wake(cluster: Cluster) -> None:
    """Make `cluster` due because of a user, and tell a worker once the transaction is through."""
    Cluster.objects.filter(pk=cluster.pk).update(wake_at=Now(), rest_until=None, look_at=None)
    _tell_on_commit(cluster, Priority.USER)


def wake_for_report(cluster: Cluster) -> None:
    """Make `cluster` due because of a report, however many come: once its rest is over."""
    # One that waits for a pass keeps its place among those that wait; a pass that runs must notice.
    waits_for_less = Q(wake_at__gt=Now()) | Q(look_at=F("wake_at"))
    rows = Cluster.objects.filter(waits_for_less | ~Q(lease_token=None), pk=cluster.pk)
    rows.update(wake_at=Now(), look_at=None)
    if not is_resting(cluster):
        _tell_on_commit(cluster, Priority.LOOP)


def _tell_on_commit(cluster: Cluster, priority: Priority) -> None:
    cluster_id, queue = str(cluster.pk), queue_of(cluster)
    transaction.on_commit(lambda: _tell(cluster_id, queue=queue, priority=priority))


def _tell(cluster_id: str, *, queue: Queue, priority: Priority) -> None:
    try:
        ask_for_pass(cluster_id, queue=queue, priority=priority, expires=30, retry=False)
    except (OperationalError, OSError) as error:
        # The cluster is due in the database: the next sweep finds it.
        log.warning("broker unavailable", extra={"cluster": cluster_id, "why": str(error)})
