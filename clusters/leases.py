"""One worker at a time looks after a cluster: a lease with a token and an expiry."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from clouds.drivers import driver_for
from clusters.models import Cluster
from domain.lifecycle import ClusterState

# To read the cluster and open its driver; a driver whose calls take longer says so itself.
LEASE = timedelta(seconds=20)


class LeaseLost(Exception):
    """The lease ran out and somebody else may have it: stop here, the next pass goes on."""


@contextmanager
def lease(cluster_id: str, *, only_if_due: bool = False) -> Iterator[Cluster | None]:
    """Yield the cluster while nobody else may reconcile it.

    Yields None when somebody else does, when it has ended for good, or when it is not yet due
    and `only_if_due` is asked.
    """
    token = uuid.uuid4()
    # One clock for all workers: the database's.
    free = Q(lease_expires=None) | Q(lease_expires__lt=Now())
    if only_if_due:
        free &= Q(wake_at__lte=Now())
    rows = Cluster.objects.filter(free, pk=cluster_id).exclude(state=ClusterState.TERMINATED)
    if not rows.update(lease_token=token, lease_expires=Now() + LEASE):
        yield None
        return
    try:
        yield Cluster.objects.select_related(
            "cloud", "team", "owner", "version__template", "image_version", "run__consolidation"
        ).get(pk=cluster_id)
    finally:
        Cluster.objects.filter(pk=cluster_id, lease_token=token).update(
            lease_token=None, lease_expires=None
        )


def renew(cluster: Cluster) -> None:
    """Extend the lease of `cluster` for as long as its driver needs, or raise LeaseLost."""
    length = driver_for(cluster.cloud).facts.lease
    held = Cluster.objects.filter(pk=cluster.pk, lease_token=cluster.lease_token)
    if not held.update(lease_expires=Now() + length):
        raise LeaseLost
