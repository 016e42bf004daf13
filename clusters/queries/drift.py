"""Where a cluster is not what its environment has: its release, and the environment's settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clusters.models import Cluster
from clusters.nodes.config import TIME_LIMITS, Basis, config_of, settings_of
from domain.configuration.spec import ComputeConfig
from domain.lifecycle import NodeRole
from promotions.environments import settings_in
from promotions.models import EnvironmentSettings, Release
from promotions.queries import current_release

_LABELS = {"idle_minutes": "Idle timeout", "max_lifetime_minutes": "Maximum lifetime"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What an environment has, and in which words one of its clusters differs."""

    environment: str
    release: Release | None  # None: the cluster follows none
    settings: EnvironmentSettings | None
    lines: tuple[str, ...]

    @property
    def is_behind(self) -> bool:
        """Whether anything differs."""
        return bool(self.lines)

    @property
    def goal(self) -> str:
        """What the cluster is brought back to, in words."""
        return str(self.release or self.settings or self.environment)


def drift_of(cluster: Cluster) -> Drift | None:
    """Return how the cluster differs from what its environment has.

    None where there is nothing to compare it with: it follows no release, and its environment has
    no settings of its own. What users changed is compared with the settings that the cluster has.
    """
    if cluster.is_test or not cluster.environment:
        return None
    settings = settings_in(cluster.team, cluster.environment)
    release = _release_of(cluster)
    if release is None and settings is None:
        return None
    lines = list(_settings(cluster, settings))
    if release is not None:
        basis = Basis(release.version_id, cluster.settings_id)
        config = config_of(basis, cluster.environment, cluster.resource)
        lines = [*_version(cluster, release), *lines]
        lines += [*_sizes(cluster, config), *_times(cluster, config)]
    return Drift(
        environment=cluster.environment, release=release, settings=settings, lines=tuple(lines)
    )


def _release_of(cluster: Cluster) -> Release | None:
    if cluster.release is None:
        return None
    return current_release(cluster.release.environment, cluster.release.template)


def _version(cluster: Cluster, release: Release) -> Iterator[str]:
    if cluster.version_id != release.version_id:
        yield f"It runs {cluster.version}; {release.environment} has {release.version}."


def _settings(cluster: Cluster, settings: EnvironmentSettings | None) -> Iterator[str]:
    if settings is not None and settings.pk != cluster.settings_id:
        before = cluster.settings.number if cluster.settings else "none"
        yield f"Settings of {cluster.environment} changed: {before} → {settings.number}."


def _sizes(cluster: Cluster, config: ComputeConfig) -> Iterator[str]:
    for row in cluster.groups.filter(role=NodeRole.WORKER):
        group = config.group(row.name)
        if group is None:
            continue
        now, wanted = (row.min_nodes, row.max_nodes), (group.min_nodes, group.max_nodes)
        if now != wanted:
            yield (
                f"Group {row.name} has {now[0]}–{now[1]} nodes; "
                f"the release says {wanted[0]}–{wanted[1]}."
            )


def _times(cluster: Cluster, config: ComputeConfig) -> Iterator[str]:
    said = settings_of(config)
    for name in TIME_LIMITS:
        now, wanted = getattr(cluster, name), said[name]
        if now != wanted:
            yield f"{_LABELS[name]} is {_minutes(now)}; the release says {_minutes(wanted)}."


def _minutes(minutes: int | None) -> str:
    return "none" if minutes is None else f"{minutes} min"
