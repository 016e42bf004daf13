"""Clusters in which nothing moves: only their machines are looked at, many clusters at a time.

A whole pass that found nothing to do writes down until when that holds by the clock, the digest of
the machines that it saw, the run's count of news, and as `look_at` the `wake_at` that it sets. The
cluster is settled for as long as all of this is still so: whoever wakes it moves `wake_at`, a
report that changes a row counts up the news. All else that a pass would answer is asked for by the
condition itself. Where in doubt a cluster is not settled, and its next pass is a whole one.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from clouds.access import access_of_row
from clouds.drivers import driver_for
from clusters.agent_report import AGENT_SILENCE
from clusters.leases import is_free
from clusters.models import Cluster, Node
from clusters.nodes.driver_refs import reference_to_look
from clusters.queues import STEP_BACK, is_due, is_slow
from domain.lifecycle import ClusterState, ClusterTarget, NodeState
from providers.base import ObservedNode, ProviderDriver, ProviderError
from providers.observation import BulkObservation

log = logging.getLogger(__name__)

# A whole pass finds within so long what nobody thought of here.
LONGEST = timedelta(minutes=5)
# So many clusters of one cloud are looked at by a task, and of all clouds asked for at a time.
MOST_A_TASK, MOST_DUE = 100, 5_000
# A task gives back what it has not looked at by then: a cloud that answers slowly has its turns.
LOOK_SECONDS = 5.0


class Rest(NamedTuple):
    """How long a cluster in which nothing moves needs no whole pass."""

    until: datetime
    is_routine: bool  # nothing is due then


def settled(rows: QuerySet[Cluster], *, wanted: bool = True) -> QuerySet[Cluster]:
    """Return those of the clusters whose machines alone must be looked at, or all others."""
    condition = ExpressionWrapper(_is_settled(), output_field=BooleanField())
    sure = Coalesce(condition, False)  # unknown is no yes
    return rows.annotate(is_settled=sure).filter(is_settled=wanted)


def with_routine(rows: QuerySet[Cluster]) -> QuerySet[Cluster, tuple[UUID, bool]]:
    """Return the ids of the clusters, and whether their pass is due as a precaution alone.

    Those are the last, and who waits longest is the first. One that has waited for longer than a
    precaution should is like any other.
    """
    is_over = Q(settled_until__lte=Now(), settled_until__gt=Now() - LONGEST, is_routine=True)
    condition = ExpressionWrapper(_is_unchanged() & is_over, output_field=BooleanField())
    noted = rows.annotate(has_routine=Coalesce(condition, False))
    return noted.order_by("has_routine", "wake_at").values_list("pk", "has_routine")


def _is_settled() -> Q:
    # A clock that was set back, or forward, settles nothing.
    return _is_unchanged() & Q(settled_until__gt=Now(), settled_until__lte=Now() + LONGEST)


def _is_unchanged() -> Q:
    moving = Node.objects.filter(cluster=OuterRef("pk")).exclude(
        state__in=[NodeState.READY, NodeState.TERMINATED]
    )
    return (
        Q(state=ClusterState.RUNNING, target=ClusterTarget.RUNNING)
        & ~is_slow()  # its provider would keep a look waiting, too
        & Q(wake_at=F("look_at"), run__news=F("settled_news"))
        & Q(passed_at__lte=Now() + STEP_BACK)
        & Q(run__agent_seen_at__gte=Now() - AGENT_SILENCE)
        & Q(run__agent_seen_at__lte=Now() + AGENT_SILENCE)
        & access_of_row()
        & Q(~Exists(moving))
    )


def due() -> list[list[str]]:
    """Return the ids of settled clusters whose machines must be looked at, each list of a cloud."""
    rows = _due().order_by("wake_at").values_list("pk", "cloud")[:MOST_DUE]
    of_cloud: defaultdict[int, list[str]] = defaultdict(list)
    for pk, cloud in rows:
        of_cloud[cloud].append(str(pk))
    return [list(ids) for found in of_cloud.values() for ids in batched(found, MOST_A_TASK)]


def look(cluster_ids: Collection[str]) -> list[str]:
    """Look at the machines of settled clusters of one cloud; return who needs a whole pass now.

    It may be killed anywhere: then the machines are looked at again when that is due once more.
    """
    claim = _claimed(cluster_ids)
    in_doubt = {cluster.pk: cluster for cluster in claim.clusters}
    unseen: list[Cluster] = []
    try:
        for cluster, machines in _observed(claim):
            if machines is None:
                unseen.append(in_doubt.pop(cluster.pk))
            elif fingerprint(machines) == cluster.machines:
                del in_doubt[cluster.pk]
    except ProviderError as error:
        log.info("not seen", extra={"clusters": len(in_doubt), "why": str(error)})
    finally:
        _give_back(unseen)
        _wake(in_doubt.values())
    return [str(pk) for pk in in_doubt]


def fingerprint(machines: Iterable[ObservedNode]) -> str:
    """Return a digest of all that a pass answers to in what was observed; 32 hex digits."""
    told = sorted(
        (
            *(m.name, m.role, m.phase, m.address, str(m.interruption_at), str(m.failure)),
            repr(m.endpoints),
        )
        for m in machines
    )
    return blake2b(repr(told).encode(), digest_size=16).hexdigest()


def _due() -> QuerySet[Cluster]:
    return settled(Cluster.objects.filter(is_due(), is_free()))


class _Claim(NamedTuple):
    """Clusters of one cloud that nobody else looks at meanwhile, and their driver, if it opens."""

    clusters: Sequence[Cluster] = ()
    driver: ProviderDriver | None = None


@transaction.atomic
def _claimed(cluster_ids: Collection[str]) -> _Claim:
    """Take those that are due still: their next look is due after the usual pause."""
    rows = _due().filter(pk__in=cluster_ids).order_by("wake_at")
    rows = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
    clusters = list(rows.select_related("cloud", "image_version"))
    if not clusters:
        return _Claim()
    try:
        driver = driver_for(clusters[0].cloud)
    except ProviderError as error:
        log.info("driver not opened", extra={"clusters": len(clusters), "why": str(error)})
        return _Claim(clusters)
    _look_in(clusters, driver.facts.look_every_calm)
    return _Claim(clusters, driver)


def _look_in(clusters: Iterable[Cluster], pause: timedelta, **condition: Any) -> None:
    rows = Cluster.objects.filter(pk__in=[cluster.pk for cluster in clusters], **condition)
    rows.update(wake_at=Now() + pause, look_at=Now() + pause)


def _observed(claim: _Claim) -> Iterator[tuple[Cluster, Sequence[ObservedNode] | None]]:
    """Yield clusters with their machines, as far as they were seen; None: there was no time."""
    clusters, driver = claim
    if driver is None:
        return
    if isinstance(driver, BulkObservation):
        found = driver.observe_all([reference_to_look(cluster) for cluster in clusters])
        yield from ((cluster, found[cluster.handle]) for cluster in clusters)
        return
    yield from _one_by_one(driver, clusters)


def _one_by_one(
    driver: ProviderDriver, clusters: Sequence[Cluster]
) -> Iterator[tuple[Cluster, Sequence[ObservedNode] | None]]:
    began = time.monotonic()
    for cluster in clusters:
        if time.monotonic() - began > LOOK_SECONDS:
            yield cluster, None
            continue
        try:
            machines = driver.observe(reference_to_look(cluster))
        except ProviderError as error:  # its own whole pass asks again, and tells what is wrong
            log.info("not seen", extra={"cluster": str(cluster.pk), "why": str(error)})
            continue
        yield cluster, machines


def _give_back(clusters: Iterable[Cluster]) -> None:
    """Make these due again at once, unless somebody woke them: they stay settled."""
    _look_in(clusters, timedelta(0), look_at=F("wake_at"))


def _wake(clusters: Iterable[Cluster]) -> None:
    rows = Cluster.objects.filter(pk__in=[cluster.pk for cluster in clusters])
    rows.update(wake_at=Now(), look_at=None)
