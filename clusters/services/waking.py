"""Ask a worker to look at a cluster now."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from clusters.models import Cluster
from clusters.tasks import reconcile_cluster

log = logging.getLogger(__name__)


def wake(cluster: Cluster) -> None:
    """Make `cluster` due, and tell a worker once the transaction is through."""
    Cluster.objects.filter(pk=cluster.pk).update(wake_at=Now())
    cluster_id = str(cluster.pk)
    transaction.on_commit(lambda: _tell(cluster_id))


def _tell(cluster_id: str) -> None:
    try:
        reconcile_cluster.apply_async((cluster_id,), retry=False, expires=30)
    except (OperationalError, OSError) as error:
        # The cluster is due in the database: the next sweep finds it.
        log.warning("broker unavailable", extra={"cluster": cluster_id, "why": str(error)})
