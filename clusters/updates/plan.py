"""What a cluster would become on another version of its template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.errors import Invalid, WrongState
from clouds.access import require_usable
from clusters.models import Cluster
from clusters.nodes.config import Basis, basis_of, configuration_of
from clusters.nodes.outdated import changes_between
from configurations.launch_checks import Launchable, launchable
from configurations.models import Version
from configurations.targets import target_for
from domain.configuration.diff import Change, sentence
from domain.configuration.effects import Effect, strongest, why_of
from domain.configuration.spec import ComputeConfig
from domain.estimate import Estimate, estimate
from domain.lifecycle import LIVE_CLUSTER_STATES, ClusterTarget, NodeRole
from images.models import ImageVersion
from promotions.environments import overlay_of
from promotions.models import EnvironmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What a cluster would become on another version, or under other settings."""

    version: Version
    settings: EnvironmentSettings | None  # of the cluster's environment, laid over the version
    image_version: ImageVersion
    changes: tuple[Change, ...]
    effect: Effect | None  # the strongest of the changes; None: there are none
    why: str  # what the effect means, in a sentence
    warnings: tuple[str, ...]
    overwritten: tuple[str, ...] = ()  # sizes of groups that a user set since, in words
    needs_relaunch: str = ""  # why a running cluster cannot follow; "": it can
    new_cost: Estimate | None = None  # of the cluster that would be launched instead


def is_live(cluster: Cluster) -> bool:
    """Return whether the cluster runs or comes up, and is to."""
    return cluster.state in LIVE_CLUSTER_STATES and cluster.target == ClusterTarget.RUNNING


def require_live(cluster: Cluster, *, to: str) -> None:
    """Raise `WrongState` unless the cluster runs or comes up; `to` is what it should for."""
    if not is_live(cluster):
        raise WrongState(f"{cluster} is {cluster.state}. Start it before you {to} it.")


def plan_update(
    cluster: Cluster, *, version: Version, settings: EnvironmentSettings | None
) -> Update:
    """Return what the update changes; raises `Invalid` or `WrongState` where it cannot be made.

    It asks the driver: call it outside a transaction.
    """
    if version.template_id != cluster.version.template_id:
        raise Invalid.at("version", f"{version} is a version of another template than {cluster}'s.")
    if cluster.is_test:
        raise WrongState(f"{cluster} tests {cluster.version} and is not updated. Launch a cluster.")
    require_usable(cluster.cloud, team=cluster.team)
    overlay = overlay_of(settings)
    ready = launchable(version, environment=cluster.environment, overlay=overlay)
    new = Basis(version.pk, settings.pk if settings else None)
    found = changes_between(cluster, basis_of(cluster), new)
    effect = strongest(change.effect for change in found)
    rules = target_for(cluster.cloud).traits.effects
    needs_relaunch = _why_relaunch(cluster, ready, _subject(cluster, version, settings), found)
    return Update(
        version=version,
        settings=settings,
        image_version=ready.image_version,
        changes=found,
        effect=effect,
        why=why_of(effect, rules) if effect else "",
        warnings=ready.warnings,
        overwritten=() if needs_relaunch else tuple(_overwritten(cluster, ready.config)),
        needs_relaunch=needs_relaunch,
        new_cost=estimate(ready.config, target=ready.target) if needs_relaunch else None,
    )


def _subject(cluster: Cluster, version: Version, settings: EnvironmentSettings | None) -> str:
    """Return what is updated to, in words: the version, with settings that are new to it."""
    if settings is None or settings.pk == cluster.settings_id:
        return str(version)
    return f"{version} with {settings}"


def _why_relaunch(
    cluster: Cluster, ready: Launchable, subject: str, found: tuple[Change, ...]
) -> str:
    names = "; ".join(sentence(c) for c in found if c.effect is Effect.RECREATE)
    if names:
        return f"{subject} changes the head node or the cloud ({names})."
    if ready.image_version != cluster.image_version:
        image, running = ready.image_version, cluster.image_version
        return f"{subject} uses image {image}, and {cluster} runs {running}."
    return ""


def _overwritten(cluster: Cluster, config: ComputeConfig) -> Iterator[str]:
    """Yield the groups that a user resized since and whose sizes the version sets anew."""
    old = configuration_of(cluster)
    for row in cluster.groups.filter(role=NodeRole.WORKER):
        before, after = old.group(row.name), config.group(row.name)
        if not (before and after):
            continue
        current, version = (row.min_nodes, row.max_nodes), (before.min_nodes, before.max_nodes)
        new = (after.min_nodes, after.max_nodes)
        if current not in (version, new) and version != new:
            yield (
                f"Group {row.name} was resized to {current[0]}–{current[1]} nodes; "
                f"the update sets {new[0]}–{new[1]}."
            )
