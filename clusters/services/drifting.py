"""Bring a cluster back to what its environment has, or make a draft of what it is."""

from __future__ import annotations

from django.db import transaction

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clusters.following.adoption import moves_cloud
from clusters.models import Cluster, Group
from clusters.nodes.config import TIME_LIMITS, configuration_of, settings_of
from clusters.nodes.groups import groups_of, regroup
from clusters.queries.drift import Drift, drift_of
from clusters.services.locking import locked
from clusters.services.waking import wake
from clusters.transitions import note
from clusters.updates.apply import apply_update
from clusters.updates.plan import Update, is_live, plan_update
from configurations.models import Draft
from configurations.services.drafts import open_draft
from configurations.targets import target_for
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.events import EventKind
from domain.lifecycle import NodeRole
from domain.yaml.text import parse, update_text


def bring_back(cluster: Cluster, *, by: User) -> Drift:
    """Make a cluster what its environment has, the release and the settings; return what differed.

    Raises `WrongState` where nothing differs, and `Invalid` where only a new cluster can follow.
    """
    require(may(by, Action.OPERATE, team=cluster.team))
    drift = _drift(cluster)
    version = drift.release.version if drift.release else cluster.version
    if (cluster.version, cluster.settings) != (version, drift.settings):
        update = plan_update(cluster, version=version, settings=drift.settings)  # asks the driver
        _require_followable(cluster, update)
        with transaction.atomic():
            apply_update(cluster, update, replace=True, release=drift.release, by=by)
            wake(cluster)
    _reset(cluster, drift, by=by)
    return drift


def _require_followable(cluster: Cluster, update: Update) -> None:
    """Raise `Invalid` where the cluster cannot follow: not at all, or not while it runs."""
    if moves_cloud(update.changes):
        hint = f"Launch a new cluster of {update.version}, and terminate {cluster}."
        raise Invalid.at("version", f"{update.needs_relaunch} {hint}")
    if update.needs_relaunch and is_live(cluster):
        hint = f"Stop {cluster}, bring it back, and start it again."
        raise Invalid.at("version", f"{update.needs_relaunch} {hint}")


@transaction.atomic
def _reset(cluster: Cluster, drift: Drift, *, by: User) -> None:
    """Undo what users set since: sizes of groups and time limits."""
    current = locked(cluster, operator=by)
    if drift.release:  # one that follows none keeps what users set
        _resize(current)
        said = settings_of(configuration_of(current))
        limits = {name: said[name] for name in TIME_LIMITS}
        Cluster.objects.filter(pk=current.pk).update(release=drift.release, **limits)
    note(
        current,
        f"Brought back to {drift.goal}.",
        kind=EventKind.CLUSTER_BROUGHT_BACK,
        fields={"release": str(drift.release or ""), "differs": list(drift.lines)},
        by=by,
    )
    record(
        "cluster.brought_back",
        actor=by,
        team=cluster.team,
        subject=cluster,
        before={"differs": list(drift.lines)},
        after={"release": str(drift.release or ""), "settings": str(drift.settings or "")},
    )
    wake(current)


def _resize(cluster: Cluster) -> None:
    """Give the groups the sizes that the configuration says; those that are stopped stay so."""
    rows = {row.name: row for row in cluster.groups.all()}
    groups = groups_of(cluster, configuration_of(cluster), target_for(cluster.cloud))
    for group in groups:
        if row := rows.get(group.name):
            group.stopped_at, group.stopped_reason = row.stopped_at, row.stopped_reason
    regroup(cluster, groups)


def draft_of_drift(cluster: Cluster, *, by: User) -> Draft:
    """Return a draft of the cluster's version with the sizes and limits that it has now."""
    require(may(by, Action.EDIT_TEMPLATE, team=cluster.team))
    drift = _drift(cluster)
    if drift.release is None:
        raise WrongState(f"{cluster} follows no release.")
    text = cluster.version.text
    config = parse(text).config
    if config is None:
        raise WrongState(f"{cluster.version} has errors. Fix them in a new version first.")
    template = cluster.version.template
    return open_draft(
        team=cluster.team,
        by=by,
        text=update_text(text, _as_it_is(cluster, config)),
        template=template,
        base=template.versions.latest("number").number,
        origin=f"What {cluster} is now. {' '.join(drift.lines)}",
    )


def _drift(cluster: Cluster) -> Drift:
    drift = drift_of(cluster)
    if drift is None:
        raise WrongState(f"{cluster} follows no release.")
    if not drift.is_behind:
        raise WrongState(f"{cluster} is what {drift.goal} says.")
    return drift


def _as_it_is(cluster: Cluster, config: ComputeConfig) -> ComputeConfig:
    rows = {row.name: row for row in cluster.groups.filter(role=NodeRole.WORKER)}
    workers = [_sized(group, rows.get(group.name)) for group in config.worker_nodes or ()]
    limits = {name: getattr(cluster, name) for name in TIME_LIMITS}
    block = config.mobula.model_copy(update=limits)
    return config.model_copy(update={"worker_nodes": workers, "mobula": block})


def _sized(group: WorkerGroup, row: Group | None) -> WorkerGroup:
    if row is None:
        return group
    return group.model_copy(update={"min_nodes": row.min_nodes, "max_nodes": row.max_nodes})
