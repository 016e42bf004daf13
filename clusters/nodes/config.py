"""The configuration that a cluster runs: its version's, for its environment and its cloud."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from clusters.models import Cluster, Node
from configurations.models import Version
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.overlays import for_environment
from domain.promotions.laying import laid_over
from domain.quantities import parse_duration
from domain.yaml.text import parse
from promotions.models import EnvironmentSettings

START_TIMEOUT = timedelta(minutes=10)
REPLACEMENT_THRESHOLD = timedelta(minutes=60)
# What a user may change on a cluster that runs, by the columns of its row.
TIME_LIMITS = ("idle_minutes", "max_lifetime_minutes")


class Basis(NamedTuple):
    """What a configuration is made from: the ids of a version and of the environment's settings."""

    version: int
    settings: int | None


def basis_of(cluster: Cluster) -> Basis:
    """Return what the cluster's configuration is made from."""
    return Basis(cluster.version_id, cluster.settings_id)


def basis_of_node(cluster: Cluster, node: Node) -> Basis:
    """Return what the node was launched with; the cluster's where that was not written down."""
    if node.version_id is None:
        return basis_of(cluster)
    return Basis(node.version_id, node.settings_id)


def configuration_of(cluster: Cluster) -> ComputeConfig:
    """Return the configuration of the cloud resource that the cluster runs on."""
    return config_of(basis_of(cluster), cluster.environment, cluster.resource)


def config_of(basis: Basis, environment: str, resource: int) -> ComputeConfig:
    """Return what holds for an environment of one cloud resource, by its index."""
    every = _resources(basis, environment)
    return every[min(resource, len(every) - 1)]


def resources_of(cluster: Cluster) -> tuple[ComputeConfig, ...]:
    """Return the configuration of each cloud resource, in the order they are tried."""
    return _resources(basis_of(cluster), cluster.environment)


@lru_cache(maxsize=256)  # versions and settings never change, and to read one takes milliseconds
def _resources(basis: Basis, environment: str) -> tuple[ComputeConfig, ...]:
    config = parse(Version.objects.get(pk=basis.version).text).config or ComputeConfig()
    config = for_environment(config, environment)
    if basis.settings is not None:
        settings = EnvironmentSettings.objects.get(pk=basis.settings)
        config = laid_over(config, settings.overlay).config
    return config.resource_configs


def settings_of(config: ComputeConfig) -> dict[str, Any]:
    """Return what the configuration says of the cluster's own settings, by their columns."""
    block = config.mobula
    return {
        "autoscaling": block.autoscaling,
        "idle_minutes": block.idle_minutes,
        "max_lifetime_minutes": block.max_lifetime_minutes,
        "worker_idle_seconds": config.worker_idle_seconds,
        "max_usd_per_hour": _dollars(block.max_usd_per_hour),
        "min_resources": config.min_resources,
        "max_resources": config.max_resources,
    }


def start_timeout(config: ComputeConfig) -> timedelta:
    """Return how long a head may take to come up before the next resource is tried."""
    return _duration(config.flags.get("zone_starting_timeout"), START_TIMEOUT)


def replacement_threshold(config: ComputeConfig, group: WorkerGroup) -> timedelta:
    """Return how long an on-demand node stands in for spot before it may be replaced."""
    name = "replacement_threshold"
    return _duration(group.flags.get(name, config.flags.get(name)), REPLACEMENT_THRESHOLD)


def _dollars(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount)).quantize(Decimal("0.0001"))


def _duration(value: object, otherwise: timedelta) -> timedelta:
    with suppress(ValueError):
        return timedelta(seconds=parse_duration(value)) if isinstance(value, str) else otherwise
    return otherwise
