"""Carry an update out on a cluster's rows; the reconcile loop does the rest."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import User
from accounts.services import record
from clusters.models import Cluster, Group, Node
from clusters.nodes.config import TIME_LIMITS, Basis, basis_of, config_of, settings_of
from clusters.nodes.groups import groups_of, regroup
from clusters.transitions import note
from clusters.updates.plan import Update, is_live
from clusters.updates.replacing import begin_replacement
from configurations.targets import target_for
from domain.configuration.diff import sentence
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.events import EventKind
from domain.lifecycle import NodeRole, NodeState
from promotions.models import Release

_SIZE = ("instance_type", "vcpus", "memory_bytes", "gpus", "resources")


@transaction.atomic
def apply_update(
    cluster: Cluster,
    update: Update,
    *,
    replace: bool,
    release: Release | None = None,
    by: User | None,
) -> None:
    """Have the cluster follow the update's version from the next pass on.

    Limits and settings hold at once. Nodes that run keep what they were launched with until they
    are replaced: with `replace` that begins at once. A cluster that does not run gets all of it
    with its next start, a new image too. With a `release` it follows that from now on. Raises
    `WrongState` where the cluster is not as it was when the update was planned.
    """
    current = locked_row(cluster)
    if is_live(current) != is_live(cluster) or (is_live(current) and update.needs_relaunch):
        raise WrongState(f"{cluster} has been changed meanwhile. Review the update again.")
    if basis_of(current) != basis_of(cluster) or current.resource != cluster.resource:
        raise WrongState(f"{cluster} has been changed meanwhile. Review the update again.")
    version, before = update.version, current.version
    new = Basis(version.pk, update.settings.pk if update.settings else None)
    old = config_of(basis_of(current), current.environment, current.resource)
    config = config_of(new, current.environment, current.resource)
    _keep_sizes(current)
    groups = groups_of(current, config, target_for(current.cloud))
    rows = {row.name: row for row in current.groups.all()}
    for group in groups:
        _keep_stopped(group, rows.get(group.name))
        keep_resize(group, rows.get(group.name), old.group(group.name))
    regroup(current, groups)
    columns = {**settings_of(config), **kept_limits(current, settings_of(old), config)}
    is_replacing = current.replacing_since is not None
    columns |= {"version": version, "settings": update.settings}
    columns |= {"replacing_since": None, "wake_at": now(), "rest_until": None}
    if not is_live(current):
        columns["image_version"] = update.image_version
    if release:
        columns["release"] = release
    Cluster.objects.filter(pk=current.pk).update(**columns)
    for name, value in columns.items():
        setattr(cluster, name, value)
    changed = [sentence(change) for change in update.changes]
    note(
        cluster,
        _in_words(current, update),
        kind=EventKind.CLUSTER_UPDATED,
        fields={"from": str(before), "to": str(version), "changes": changed},
        by=by,
    )
    record(
        "cluster.updated",
        actor=by,
        team=cluster.team,
        subject=cluster,
        before={"version": str(before), "settings": str(current.settings or "")},
        after={"version": str(version), "settings": str(update.settings or ""), "changes": changed},
    )
    if replace or is_replacing:  # what is to be replaced is another set of nodes now
        begin_replacement(cluster, by=by)


def _in_words(before: Cluster, update: Update) -> str:
    """Return what the cluster is updated to, as an event says it."""
    moved = f"from {before.version} to {update.version}"
    if before.settings == update.settings:
        return f"Updated {moved}."
    settings = str(update.settings or f"no settings of {before.environment}")
    if before.version == update.version:
        return f"Updated to {settings}."
    return f"Updated {moved}, with {settings}."


def locked_row(cluster: Cluster) -> Cluster:
    """Return the cluster as it is now, its row locked; only within a transaction."""
    rows = Cluster.objects.select_for_update(of=("self",))
    return rows.select_related(
        *("team", "cloud", "image_version", "run", "version__template", "settings__environment")
    ).get(pk=cluster.pk)


def _keep_sizes(cluster: Cluster) -> None:
    """Write down on each node what it is, as far as its group said it until now."""
    live = cluster.nodes.exclude(state=NodeState.TERMINATED).filter(role=NodeRole.WORKER)
    live.filter(version=None).update(version=cluster.version, settings=cluster.settings_id)
    nodes = [node for node in live.select_related("group") if not node.resources]
    for node in nodes:
        for name in _SIZE:
            setattr(node, name, getattr(node, name) or getattr(node.group, name))
    Node.objects.bulk_update(nodes, _SIZE)


def kept_limits(
    cluster: Cluster, old: Mapping[str, object], config: ComputeConfig
) -> dict[str, object]:
    """Return the time limits that a user changed since, where the version leaves them as they were.

    A cluster that was given more time must not end because of an unrelated change.
    """
    new = settings_of(config)
    return {name: getattr(cluster, name) for name in TIME_LIMITS if old[name] == new[name]}


def _keep_stopped(group: Group, row: Group | None) -> None:
    """A group that failed stays stopped until somebody retries it: its cause may be elsewhere."""
    if row is not None:
        group.stopped_at, group.stopped_reason = row.stopped_at, row.stopped_reason


def keep_resize(group: Group, row: Group | None, old: WorkerGroup | None) -> None:
    """Keep the limits that a user gave a group since, where a version leaves them as they were."""
    if row and old and (group.min_nodes, group.max_nodes) == (old.min_nodes, old.max_nodes):
        group.min_nodes, group.max_nodes = row.min_nodes, row.max_nodes
