"""Bring a cluster back to the release that it follows, or make a draft of what it is."""

from __future__ import annotations

from django.db import transaction

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clusters.models import Cluster, Group
from clusters.nodes.config import TIME_LIMITS, configuration_of, settings_of
from clusters.nodes.groups import groups_of, regroup
from clusters.queries.drift import Drift, drift_of
from clusters.services.locking import locked
from clusters.services.waking import wake
from clusters.transitions import note
from clusters.updates.apply import apply_update
from clusters.updates.plan import plan_update
from configurations.models import Draft
from configurations.services.drafts import open_draft
from configurations.targets import target_for
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.events import EventKind
from domain.lifecycle import NodeRole
from domain.yaml.text import parse, update_text


def bring_back(cluster: Cluster, *, by: User) -> Drift:
    """Make a cluster what the release that it follows says; return what differed.

    Raises `WrongState` where nothing differs, and `Invalid` where only a new cluster can follow.
    """
    require(may(by, Action.OPERATE, team=cluster.team))
    drift = _drift(cluster)
    release = drift.release
    if cluster.version_id != release.version_id:
        update = plan_update(cluster, version=release.version)  # asks the driver
        if update.needs_relaunch:
            hint = f"Relaunch {cluster} with {release.version}."
            raise Invalid.at("version", f"{update.needs_relaunch} {hint}")
        with transaction.atomic():
            apply_update(cluster, update, replace=True, release=release, by=by)
            wake(cluster)
    _reset(cluster, drift, by=by)
    return drift


@transaction.atomic
def _reset(cluster: Cluster, drift: Drift, *, by: User) -> None:
    """Undo what users set since: sizes of groups and time limits."""
    current = locked(cluster, operator=by)
    config = configuration_of(current)
    rows = {row.name: row for row in current.groups.all()}
    groups = groups_of(current, config, target_for(current.cloud))
    for group in groups:
        if row := rows.get(group.name):
            group.stopped_at, group.stopped_reason = row.stopped_at, row.stopped_reason
    regroup(current, groups)
    said = settings_of(config)
    limits = {name: said[name] for name in TIME_LIMITS}
    Cluster.objects.filter(pk=current.pk).update(release=drift.release, **limits)
    note(
        current,
        f"Brought back to {drift.release}.",
        kind=EventKind.CLUSTER_BROUGHT_BACK,
        fields={"release": str(drift.release), "differs": list(drift.lines)},
        by=by,
    )
    record(
        "cluster.brought_back",
        actor=by,
        team=cluster.team,
        subject=cluster,
        before={"differs": list(drift.lines)},
        after={"release": str(drift.release)},
    )
    wake(current)


def draft_of_drift(cluster: Cluster, *, by: User) -> Draft:
    """Return a draft of the cluster's version with the sizes and limits that it has now."""
    require(may(by, Action.EDIT_TEMPLATE, team=cluster.team))
    drift = _drift(cluster)
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
        raise WrongState(f"{cluster} is what {drift.release} says.")
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
