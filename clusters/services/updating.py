"""Move a running cluster to another version of its template, and replace outdated nodes."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.access import require_usable
from clusters.models import Cluster, Group, Node
from clusters.nodes.config import config_of, settings_of
from clusters.nodes.groups import groups_of, regroup
from clusters.nodes.outdated import changes_between, outdated_of
from clusters.services.launch_checks import check_launch
from clusters.services.locking import locked, require_live
from clusters.services.waking import wake
from clusters.transitions import note
from configurations.models import Version
from configurations.targets import target_for
from domain.configuration.diff import Change, sentence
from domain.configuration.effects import Effect, strongest, why_of
from domain.configuration.spec import WorkerGroup
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
    if effect is Effect.RECREATE:
        names = "; ".join(sentence(c) for c in found if c.effect is Effect.RECREATE)
        raise Invalid.at(
            "version",
            f"{version} changes the head node or the cloud ({names}). "
            "Launch a new cluster from it, or terminate this one first.",
        )
    if ready.image_version != cluster.image_version:
        raise Invalid.at(
            "version",
            f"{version} uses image {ready.image_version}, and {cluster} "
            f"runs {cluster.image_version}. Launch a new cluster from it.",
        )
    return Update(
        version=version,
        changes=found,
        effect=effect,
        why=why_of(effect, rules) if effect else "",
        warnings=ready.warnings,
    )


def update_cluster(cluster: Cluster, *, version: Version, by: User) -> Update:
    """Have a running cluster follow another version of its template from the next pass on.

    Limits and settings hold at once. Nodes that run keep what they were launched with:
    `replace_outdated` replaces them.
    """
    require(may(by, Action.OPERATE, team=cluster.team))
    update = check_update(cluster, version=version, by=by)  # asks the driver: no transaction yet
    return _apply(cluster, update, by=by)


@transaction.atomic
def _apply(cluster: Cluster, update: Update, *, by: User) -> Update:
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
    settings = settings_of(config)
    Cluster.objects.filter(pk=current.pk).update(version=version, **settings)
    cluster.version = version
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
    wake(cluster)
    return update


@transaction.atomic
def replace_outdated(cluster: Cluster, *, by: User) -> None:
    """Replace the nodes that run with settings of an earlier version, step by step."""
    current = locked(cluster, operator=by)
    require_live(current, to="update")
    require_usable(current.cloud, team=current.team)  # else nothing would take their place
    nodes = current.nodes.exclude(state=NodeState.TERMINATED).select_related("group")
    outdated = outdated_of(current, nodes)
    if not outdated:
        raise WrongState(f"All nodes of {cluster} run with the settings of {current.version}.")
    if current.replacing_since:
        return
    Cluster.objects.filter(pk=current.pk).update(replacing_since=now())
    names = sorted(outdated)
    note(
        cluster,
        f"Replacing {len(names)} outdated node{'' if len(names) == 1 else 's'}.",
        kind=EventKind.CLUSTER_REPLACEMENT_STARTED,
        fields={"nodes": names, "version": str(current.version)},
        by=by,
    )
    _record_replacement(cluster, "cluster.replacement_started", names, by)
    wake(cluster)


@transaction.atomic
def cancel_replacement(cluster: Cluster, *, by: User) -> None:
    """Let the nodes that have not been replaced yet run on. A second call changes nothing."""
    require(may(by, Action.OPERATE, team=cluster.team))
    rows = Cluster.objects.filter(pk=cluster.pk, replacing_since__isnull=False)
    if not rows.update(replacing_since=None):
        return
    message = "Replacement of outdated nodes canceled."
    note(cluster, message, kind=EventKind.CLUSTER_REPLACEMENT_ENDED, by=by)
    _record_replacement(cluster, "cluster.replacement_canceled", [], by)


def _keep_sizes(cluster: Cluster) -> None:
    """Write down on each node what it is, as far as its group said it until now."""
    live = cluster.nodes.exclude(state=NodeState.TERMINATED).filter(role=NodeRole.WORKER)
    live.filter(version=None).update(version=cluster.version)
    nodes = [node for node in live.select_related("group") if not node.resources]
    for node in nodes:
        for name in _SIZE:
            setattr(node, name, getattr(node, name) or getattr(node.group, name))
    Node.objects.bulk_update(nodes, _SIZE)


def _keep_resize(group: Group, row: Group | None, old: WorkerGroup | None) -> None:
    """Keep the limits that a user gave a group since, where the version leaves them as they were.

    A group that failed stays stopped until somebody retries it: its cause may be elsewhere.
    """
    if row is None:
        return
    group.stopped_at, group.stopped_reason = row.stopped_at, row.stopped_reason
    if old and (group.min_nodes, group.max_nodes) == (old.min_nodes, old.max_nodes):
        group.min_nodes, group.max_nodes = row.min_nodes, row.max_nodes


def _record_replacement(cluster: Cluster, action: str, nodes: list[str], by: User) -> None:
    after = {"nodes": nodes} if nodes else None
    record(action, actor=by, team=cluster.team, subject=cluster, after=after)
