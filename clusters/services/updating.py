"""Move a running cluster to another version of its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.access import require_usable
from clusters.models import Cluster, Group, Node
from clusters.nodes.config import config_of, configuration_of, settings_of
from clusters.nodes.groups import groups_of, regroup
from clusters.nodes.outdated import changes_between
from clusters.services.limits import TIME_LIMITS
from clusters.services.locking import locked, require_live
from clusters.services.replacing import begin_replacement
from clusters.services.waking import wake
from clusters.transitions import note
from configurations.launch_checks import Launchable
from configurations.models import Version
from configurations.services.launch_checks import check_launch
from configurations.targets import target_for
from domain.configuration.diff import Change, sentence
from domain.configuration.effects import Effect, strongest, why_of
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.estimate import Estimate, estimate
from domain.events import EventKind
from domain.lifecycle import NodeRole, NodeState

_SIZE = ("instance_type", "vcpus", "memory_bytes", "gpus", "resources")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What a cluster would become on another version."""

    version: Version
    changes: tuple[Change, ...]
    effect: Effect | None  # the strongest of the changes; None: there are none
    why: str  # what the effect means, in a sentence
    warnings: tuple[str, ...]
    overwritten: tuple[str, ...] = ()  # sizes of groups that a user set since, in words
    needs_relaunch: str = ""  # why a running cluster cannot follow; "": it can
    new_cost: Estimate | None = None  # of the cluster that would be launched instead


def check_update(cluster: Cluster, *, version: Version, by: User) -> Update:
    """Return what the update changes; raises `Invalid` or `WrongState` where it cannot be made."""
    require(may(by, Action.VIEW, team=cluster.team))
    require_live(cluster, to="update")
    if version.template_id != cluster.version.template_id:
        raise Invalid.at("version", f"{version} is a version of another template than {cluster}'s.")
    require_usable(cluster.cloud, team=cluster.team)
    ready = check_launch(version, environment=cluster.environment, by=by)
    found = changes_between(cluster, cluster.version_id, version.pk)
    effect = strongest(change.effect for change in found)
    rules = target_for(cluster.cloud).traits.effects
    needs_relaunch = _why_relaunch(cluster, ready, version, found)
    return Update(
        version=version,
        changes=found,
        effect=effect,
        why=why_of(effect, rules) if effect else "",
        warnings=ready.warnings,
        overwritten=() if needs_relaunch else tuple(_overwritten(cluster, ready.config)),
        needs_relaunch=needs_relaunch,
        new_cost=estimate(ready.config, target=ready.target) if needs_relaunch else None,
    )


def _why_relaunch(
    cluster: Cluster, ready: Launchable, version: Version, found: tuple[Change, ...]
) -> str:
    names = "; ".join(sentence(c) for c in found if c.effect is Effect.RECREATE)
    if names:
        return f"{version} changes the head node or the cloud ({names})."
    if ready.image_version != cluster.image_version:
        image, running = ready.image_version, cluster.image_version
        return f"{version} uses image {image}, and {cluster} runs {running}."
    return ""


def update_cluster(
    cluster: Cluster, *, version: Version, replace: bool = False, by: User
) -> Update:
    """Have a running cluster follow another version of its template from the next pass on.

    Limits and settings hold at once. Nodes that run keep what they were launched with until they
    are replaced: with `replace` that begins at once. Raises `Invalid` for a version that needs a
    new cluster: see `relaunch_cluster`.
    """
    require(may(by, Action.OPERATE, team=cluster.team))
    update = check_update(cluster, version=version, by=by)  # asks the driver: no transaction yet
    if update.needs_relaunch:
        hint = f"Terminate {cluster} and relaunch it with {version}."
        raise Invalid.at("version", f"{update.needs_relaunch} {hint}")
    return _apply(cluster, update, replace=replace, by=by)


@transaction.atomic
def _apply(cluster: Cluster, update: Update, *, replace: bool, by: User) -> Update:
    current = locked(cluster, operator=by)
    require_live(current, to="update")
    if current.version_id != cluster.version_id or current.resource != cluster.resource:
        raise WrongState(f"{cluster} has been changed meanwhile. Review the update again.")
    version, before = update.version, current.version
    old = config_of(before.pk, current.environment, current.resource)
    config = config_of(version.pk, current.environment, current.resource)
    _keep_sizes(current)
    groups = groups_of(current, config, target_for(current.cloud))
    rows = {row.name: row for row in current.groups.all()}
    for group in groups:
        _keep_resize(group, rows.get(group.name), old.group(group.name))
    regroup(current, groups)
    settings = {**settings_of(config), **_kept_limits(current, settings_of(old), config)}
    is_replacing = current.replacing_since is not None
    Cluster.objects.filter(pk=current.pk).update(version=version, replacing_since=None, **settings)
    cluster.version, cluster.replacing_since = version, None
    for name, value in settings.items():
        setattr(cluster, name, value)
    changed = [sentence(change) for change in update.changes]
    note(
        cluster,
        f"Updated from {before} to {version}.",
        kind=EventKind.CLUSTER_UPDATED,
        fields={"from": str(before), "to": str(version), "changes": changed},
        by=by,
    )
    record(
        "cluster.updated",
        actor=by,
        team=cluster.team,
        subject=cluster,
        before={"version": str(before)},
        after={"version": str(version), "changes": changed},
    )
    if replace or is_replacing:  # what is to be replaced is another set of nodes now
        begin_replacement(cluster, by=by)
    wake(cluster)
    return update


def _keep_sizes(cluster: Cluster) -> None:
    """Write down on each node what it is, as far as its group said it until now."""
    live = cluster.nodes.exclude(state=NodeState.TERMINATED).filter(role=NodeRole.WORKER)
    live.filter(version=None).update(version=cluster.version)
    nodes = [node for node in live.select_related("group") if not node.resources]
    for node in nodes:
        for name in _SIZE:
            setattr(node, name, getattr(node, name) or getattr(node.group, name))
    Node.objects.bulk_update(nodes, _SIZE)


def _kept_limits(
    cluster: Cluster, old: Mapping[str, object], config: ComputeConfig
) -> dict[str, object]:
    """Return the time limits that a user changed since, where the version leaves them as they were.

    A cluster that was given more time must not end because of an unrelated change.
    """
    new = settings_of(config)
    return {name: getattr(cluster, name) for name in TIME_LIMITS if old[name] == new[name]}


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


def _keep_resize(group: Group, row: Group | None, old: WorkerGroup | None) -> None:
    """Keep the limits that a user gave a group since, where the version leaves them as they were.

    A group that failed stays stopped until somebody retries it: its cause may be elsewhere.
    """
    if row is None:
        return
    group.stopped_at, group.stopped_reason = row.stopped_at, row.stopped_reason
    if old and (group.min_nodes, group.max_nodes) == (old.min_nodes, old.max_nodes):
        group.min_nodes, group.max_nodes = row.min_nodes, row.max_nodes
