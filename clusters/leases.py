"""One worker at a time looks after a cluster: a lease with a token and an expiry."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import Error, connection
from django.db.models import Q
from django.db.models.functions import Now

from clouds.access import access_of_row
from clouds.drivers import driver_for
from clusters.models import Cluster
from clusters.queues import STEP_BACK, Queue, is_due, is_slow
from domain.lifecycle import ClusterState

log = logging.getLogger(__name__)

# To read the cluster and open its driver; a driver whose calls take longer says so itself.
LEASE = timedelta(seconds=20)
# While a worker computes, its lease is renewed so often, and no longer than its task may live.
RENEW_SECONDS, MOST_RENEWALS = 4.0, 30


class LeaseLost(Exception):
    """The lease ran out and somebody else may have it: stop here, the next pass goes on."""


@contextmanager
def lease(
    cluster_id: str, *, only_if_due: bool = False, queue: Queue = Queue.SLOW
) -> Iterator[Cluster | None]:
    """Yield the cluster while nobody else may reconcile it.

    Yields None when somebody else does, when it has ended for good, when it is not yet due
    and `only_if_due` is asked, or when it is too slow for the queue.
    """
    token = uuid.uuid4()
    # One clock for all workers: the database's.
    allowed = is_free()
    if only_if_due:
        allowed &= is_due()
    if queue is Queue.FAST:
        allowed &= ~is_slow()
    rows = Cluster.objects.filter(allowed, pk=cluster_id).exclude(state=ClusterState.TERMINATED)
    taken = rows.update(
        lease_token=token,
        leased_at=Now(),
        lease_expires=Now() + LEASE,
        rest_until=Now(),  # whoever asks for another pass meanwhile clears it
        look_at=None,  # until this pass has ended well
    )
    if not taken:
        yield None
        return
    try:
        read = Cluster.objects.annotate(has_cloud=access_of_row()).select_related(
            "cloud", "team", "owner", "version__template", "image_version", "run__consolidation"
        )
        yield read.get(pk=cluster_id)
    finally:
        Cluster.objects.filter(pk=cluster_id, lease_token=token).update(
            lease_token=None, lease_expires=None
        )


def is_free() -> Q:
    """Return the condition that nobody looks after a cluster."""
    written_before_the_clock_was_set_back = Q(leased_at__gt=Now() + STEP_BACK)
    return (
        Q(lease_expires=None) | Q(lease_expires__lt=Now()) | written_before_the_clock_was_set_back
    )


def renew(cluster: Cluster) -> None:
    """Extend the lease of `cluster` for as long as its driver needs, or raise LeaseLost."""
    if not _extend(cluster, Q()):
        raise LeaseLost


def _extend(cluster: Cluster, condition: Q) -> bool:
    length = driver_for(cluster.cloud).facts.lease
    held = Cluster.objects.filter(condition, pk=cluster.pk, lease_token=cluster.lease_token)
    return bool(held.update(leased_at=Now(), lease_expires=Now() + length))


@contextmanager
def renewed(cluster: Cluster, *, lost: Callable[[], None]) -> Iterator[None]:
    """Renew the lease in a thread while this one computes; never within a transaction.

    A process that hangs or is stopped does not renew, and one that computes for ever loses the
    lease in the end. Calls `lost` when the lease is lost, or when a user wants the cluster to be
    something else than what is computed for.
    """
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(cluster, over, lost), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep(cluster: Cluster, over: threading.Event, lost: Callable[[], None]) -> None:
    try:
        for _ in range(MOST_RENEWALS):
            if over.wait(RENEW_SECONDS):
                return
            if not _still_held(cluster):
                break
        if not over.is_set():
            lost()
    finally:
        connection.close()  # the thread's own


def _still_held(cluster: Cluster) -> bool:
    try:
        return _extend(cluster, Q(target=cluster.target))
    except Error as error:  # the lease lasts some renewals; whoever computes hears of it later
        log.warning("lease not renewed", extra={"cluster": str(cluster.pk), "why": str(error)})
        return True
