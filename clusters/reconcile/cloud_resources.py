"""The cloud resources of a version: where a head does not come up, the next one is tried."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import transaction

from clouds.drivers import driver_for
from clouds.models import Cloud
from clusters import runs
from clusters.leases import renew
from clusters.models import Cluster
from clusters.models.event import EventSeverity
from clusters.nodes.config import resources_of
from clusters.nodes.groups import groups_of, regroup
from clusters.preflight import check_restart
from clusters.transitions import note
from configurations.targets import target_for
from domain.catalogue.matching import missing_machines
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.events import EventKind
from domain.lifecycle import ClusterState
from domain.offerings import ProviderKind
from providers import registry
from providers.base import ClusterRef, ProviderDriver, ProviderError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    """One cloud resource of a version, as far as it can be used."""

    number: int
    config: ComputeConfig
    cloud: Cloud


def has_next(cluster: Cluster) -> bool:
    """Return whether a cluster that has not started yet could start elsewhere."""
    return cluster.state == ClusterState.STARTING and _next(cluster) is not None


def switch(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, *, reason: str) -> None:
    """Start the cluster anew on its next cloud resource, once nothing of it is left here.

    It may die anywhere: what was destroyed is destroyed again, and the rest is one transaction.
    """
    following = _next(cluster)
    if following is None or driver.observe(ref):
        return
    target = target_for(following.cloud)
    if missing := missing_machines(following.config, target):
        _skip(cluster, following, reason=f"{following.cloud} has no machine for {missing[0]}.")
        return
    if _place(following.cloud) != _place(cluster.cloud):
        _leave(cluster, driver, ref)
    _move(cluster, following, target, reason=reason)


def _next(cluster: Cluster) -> _Resource | None:
    """Return the next resource on a cloud where the cluster has not been destroyed before."""
    every = resources_of(cluster)
    clouds = [_cloud(cluster, config) for config in every]
    left = {_place(cloud) for cloud in clouds[: cluster.resource] if cloud is not None}
    left.discard(_place(cluster.cloud))
    for number in range(cluster.resource + 1, len(every)):
        cloud = clouds[number]
        if cloud is not None and _place(cloud) not in left:
            return _Resource(number=number, config=every[number], cloud=cloud)
    return None


def _cloud(cluster: Cluster, config: ComputeConfig) -> Cloud | None:
    """Return the cloud of that resource's name, else the configuration's; None: it has no driver.

    Anyscale's cloud has resources; ours is one account in one region, so each resource may be one.
    """
    clouds = Cloud.objects.usable_by(cluster.team)
    names = [config.cloud_resource or "", config.cloud or ""]
    by_name = {cloud.name: cloud for cloud in clouds.filter(name__in=names)}
    cloud = next((by_name[name] for name in names if name in by_name), cluster.cloud)
    return cloud if registry.has_driver(ProviderKind(cloud.provider)) else None


def _place(cloud: Cloud) -> tuple[str, str]:
    """Return where a driver finds what belongs to a cluster: destroyed there, it is barred."""
    return driver_for(cloud).place, cloud.region


def _leave(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef) -> None:
    """Undo what was prepared; a cloud that lets nobody in keeps nobody from going elsewhere."""
    try:
        driver.destroy(ref)
    except ProviderError as error:
        if error.retryable:
            raise
        note(
            cluster,
            f"Cleanup on {cluster.cloud} failed: {error}",
            kind=EventKind.CLOUD_RESOURCE_CLEANUP_FAILED,
            fields={"cloud": str(cluster.cloud), "error": str(error)},
            severity=EventSeverity.ERROR,
        )


@transaction.atomic
def _skip(cluster: Cluster, resource: _Resource, *, reason: str) -> None:
    renew(cluster)
    Cluster.objects.filter(pk=cluster.pk).update(resource=resource.number)
    cluster.resource = resource.number
    note(
        cluster,
        f"{_name(cluster, resource)} skipped: {reason}",
        kind=EventKind.CLOUD_RESOURCE_SKIPPED,
        fields={"cloud": str(resource.cloud), "resource": resource.number + 1, "reason": reason},
        severity=EventSeverity.WARNING,
    )


@transaction.atomic
def _move(cluster: Cluster, resource: _Resource, target: RegionCatalogue, *, reason: str) -> None:
    """Make it a new run, with new tokens: what comes late from the old one is refused."""
    renew(cluster)
    message = f"Start on {cluster.cloud} failed: {reason} Trying {_name(cluster, resource)}."
    fields = {
        "from_cloud": str(cluster.cloud),
        "to_cloud": str(resource.cloud),
        "resource": resource.number + 1,
        "reason": reason,
    }
    runs.begin(cluster, reason=reason)
    cluster.resource, cluster.cloud = resource.number, resource.cloud
    Cluster.objects.filter(pk=cluster.pk).update(
        resource=cluster.resource,
        cloud=cluster.cloud,
        min_resources=resource.config.min_resources,
        max_resources=resource.config.max_resources,
    )
    regroup(cluster, groups_of(cluster, resource.config, target))
    kind = EventKind.CLOUD_RESOURCE_SWITCHED
    note(cluster, message, kind=kind, fields=fields, severity=EventSeverity.WARNING)
    check_restart(cluster, asked_by=None)


def _name(cluster: Cluster, resource: _Resource) -> str:
    count = len(resources_of(cluster))
    return f"{resource.cloud} (cloud resource {resource.number + 1} of {count})"
