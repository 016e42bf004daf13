"""Where a cluster that follows a release is not what the release says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clusters.models import Cluster
from clusters.nodes.config import TIME_LIMITS, config_of, settings_of
from domain.configuration.spec import ComputeConfig
from domain.lifecycle import NodeRole
from promotions.models import Release
from promotions.queries import current_release

_LABELS = {"idle_minutes": "Idle timeout", "max_lifetime_minutes": "Maximum lifetime"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What an environment has, and in which words a cluster that follows it differs."""

    release: Release
    lines: tuple[str, ...]

    @property
    def is_behind(self) -> bool:
        """Whether anything differs."""
        return bool(self.lines)


def drift_of(cluster: Cluster) -> Drift | None:
    """Return how the cluster differs from the release it follows; None: it follows none."""
    if cluster.release is None:
        return None
    release = current_release(cluster.release.environment, cluster.release.template)
    if release is None:
        return None
    config = config_of(release.version_id, cluster.environment, cluster.resource)
    lines = [*_version(cluster, release), *_sizes(cluster, config), *_times(cluster, config)]
    return Drift(release=release, lines=tuple(lines))


def _version(cluster: Cluster, release: Release) -> Iterator[str]:
    if cluster.version_id != release.version_id:
        yield f"It runs {cluster.version}; {release.environment} has {release.version}."


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
