"""The configuration that a cluster runs: its version's, for its environment and its cloud."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import lru_cache

from clusters.models import Cluster
from configurations.models import Version
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.overlays import for_environment
from domain.quantities import parse_duration
from domain.yaml.text import parse

START_TIMEOUT = timedelta(minutes=10)
REPLACEMENT_THRESHOLD = timedelta(minutes=60)


def configuration_of(cluster: Cluster) -> ComputeConfig:
    """Return the configuration of the cloud resource that the cluster runs on."""
    every = resources_of(cluster)
    return every[min(cluster.resource, len(every) - 1)]


def resources_of(cluster: Cluster) -> tuple[ComputeConfig, ...]:
    """Return the configuration of each cloud resource, in the order they are tried."""
    return _resources(cluster.version_id, cluster.environment)


@lru_cache(maxsize=256)  # a version never changes, and to read one takes milliseconds
def _resources(version_id: int, environment: str) -> tuple[ComputeConfig, ...]:
    config = parse(Version.objects.get(pk=version_id).text).config or ComputeConfig()
    return for_environment(config, environment).resource_configs


def start_timeout(config: ComputeConfig) -> timedelta:
    """Return how long a head may take to come up before the next resource is tried."""
    return _duration(config.flags.get("zone_starting_timeout"), START_TIMEOUT)


def replacement_threshold(config: ComputeConfig, group: WorkerGroup) -> timedelta:
    """Return how long an on-demand node stands in for spot before it may be replaced."""
    name = "replacement_threshold"
    return _duration(group.flags.get(name, config.flags.get(name)), REPLACEMENT_THRESHOLD)


def _duration(value: object, otherwise: timedelta) -> timedelta:
    with suppress(ValueError):
        return timedelta(seconds=parse_duration(value)) if isinstance(value, str) else otherwise
    return otherwise
