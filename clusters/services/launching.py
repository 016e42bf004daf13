"""Launch a cluster from a version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.errors import Invalid, as_invalid
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.access import require_usable
from clouds.checking import why_no_checks
from clouds.models import CloudCheck
from clouds.services.checks import NotChecked
from clusters import runs
from clusters.following.switching import NEXT
from clusters.models import Cluster, Group, Switch, Workspace
from clusters.nodes.config import configuration_of, settings_of
from clusters.nodes.groups import groups_of
from clusters.preflight import check_start, failures_of, question_for
from clusters.queries.clusters import free_name
from clusters.services.environments import release_for_launch, require_same_release
from clusters.services.waking import wake
from clusters.transitions import note
from clusters.updates.apply import keep_resize, kept_limits
from configurations.launch_checks import Launchable
from configurations.models import Version
from configurations.preflight import ask, recent
from configurations.services.launch_checks import check_launch
from domain.events import EventKind
from domain.limits import CLUSTER_NAME_LENGTH, wrong_name
from promotions.environments import newest, overlay_of, settings_in
from promotions.models import TestRun

# A lifetime counts from when the head is ready; this is for the last steps of a run.
TEST_CLUSTER_MARGIN = 5


def check_before_launch(
    version: Version, *, environment: str = "", again: bool = False, by: User
) -> CloudCheck:
    """Return the checks of the version's cloud for a launch: recent ones, or a round that begins.

    With `again`, those that have ended do not count. Raises `NotChecked` for clouds that have no
    checks, and `Invalid` or `WrongState` for a version that cannot be launched.
    """
    require(may(by, Action.LAUNCH, team=version.template.team))
    overlay = overlay_of(settings_in(version.template.team, environment))
    ready = check_launch(version, environment=environment, overlay=overlay, by=by)
    question = question_for(ready, version=version)
    if question is None:
        raise NotChecked(why_no_checks(ready.cloud))
    return (None if again else recent(question)) or ask(question, asked_by=by)


def launch_cluster(
    *, name: str, version: Version, environment: str = "", despite: str = "", by: User
) -> Cluster:
    """Return a new cluster that a worker will bring up; raises `Invalid` or `WrongState`.

    A launch that is known to fail is refused, unless `despite` says why it is wanted. Checks that
    are still running hold up nothing.
    """
    require(may(by, Action.LAUNCH, team=version.template.team))
    if wrong := wrong_name(name, longest=CLUSTER_NAME_LENGTH):
        raise Invalid.at("name", wrong)
    # This asks the driver, so it stays outside the transaction.
    settings = settings_in(version.template.team, environment)
    overlay = overlay_of(settings)
    ready = check_launch(version, environment=environment, overlay=overlay, by=by)
    release = release_for_launch(version, environment=environment, by=by)
    failed = failures_of(question_for(ready, version=version))
    if failed and not despite.strip():
        raise Invalid(*failed)
    cluster = _cluster(ready, name=name, version=version, by=by)
    cluster.release, cluster.settings = release, settings
    told = [error.message for error in failed]
    with transaction.atomic():
        require_same_release(cluster)
        return _create(cluster, ready, failed=told, reason=despite.strip() if failed else "", by=by)


def launch_test_cluster(ready: Launchable, *, run: TestRun, by: User) -> Cluster:
    """Return the cluster of a test run, which needs no release and follows none.

    It is launched once: the database refuses another one for the same run. An idle timer does not
    end it, and a lifetime does, should nobody end it when the run is over.
    """
    version = run.version
    require(may(by, Action.LAUNCH, team=version.template.team))
    cluster = _cluster(ready, name=name_of_test_cluster(run), version=version, by=by)
    cluster.test_run, cluster.settings = run, run.request.settings
    cluster.idle_minutes = None
    lifetime = run.max_minutes + TEST_CLUSTER_MARGIN
    cluster.max_lifetime_minutes = min(cluster.max_lifetime_minutes or lifetime, lifetime)
    why = f" to test change request {run.request_id}"
    return _create(cluster, ready, why=why, by=by)


def launch_replacement(ready: Launchable, *, switch: Switch, hold_until: datetime) -> Cluster:
    """Return the cluster that is to take another's place: of the same team and owner.

    What users set on the old one since holds for it too, where the version leaves that as it was.
    An idle timer does not end it before `hold_until`: it has no work until it takes over.
    """
    old = switch.old
    before = configuration_of(old)
    name = free_name(old.team, old.name, ending=NEXT)
    cluster = _cluster(ready, name=name, version=switch.request.version, by=old.owner)
    cluster.settings = newest(old.settings, switch.request.settings)
    for setting, value in kept_limits(old, settings_of(before), ready.config).items():
        setattr(cluster, setting, value)
    groups = groups_of(cluster, ready.config, ready.target)
    rows = {row.name: row for row in old.groups.all()}
    for group in groups:
        keep_resize(group, rows.get(group.name), before.group(group.name))
    with transaction.atomic():
        _create(cluster, ready, groups=groups, why=f" to take the place of {old}", by=None)
        runs.write(cluster, Q(), hold_until=hold_until)
    return cluster


def launch_workspace_cluster(ready: Launchable, *, workspace: Workspace, by: User) -> Cluster:
    """Return the cluster that serves a workspace, with the image that was chosen for it."""
    version = workspace.version
    require(may(by, Action.LAUNCH, team=version.template.team))
    name = free_name(version.template.team, f"ws-{workspace.name}")
    cluster = _cluster(ready, name=name, version=version, by=by)
    cluster.workspace = workspace
    return _create(cluster, ready, why=f" for workspace {workspace}", by=by)


def name_of_test_cluster(run: TestRun) -> str:
    """Return the name of a test run's cluster, which its token makes unique."""
    template = run.version.template.name[:20].rstrip("-")
    return f"test-{template}-{run.token.hex[:12]}"


def _cluster(ready: Launchable, *, name: str, version: Version, by: User) -> Cluster:
    return Cluster(
        name=name,
        team=version.template.team,
        owner=by,
        cloud=ready.cloud,
        version=version,
        environment=ready.environment,
        image_version=ready.image_version,
        **settings_of(ready.config),
    )


@transaction.atomic
def _create(
    cluster: Cluster,
    ready: Launchable,
    *,
    groups: Sequence[Group] = (),
    why: str = "",
    failed: Sequence[str] = (),
    reason: str = "",
    by: User | None,
) -> Cluster:
    """Return the cluster as rows, with `groups` or else those that its configuration says."""
    _check_name_is_free(cluster)
    _save_new(cluster)
    # The new row holds its cloud: from here on, taking the cloud away waits for this launch.
    require_usable(cluster.cloud, team=cluster.team)
    Group.objects.bulk_create(groups or groups_of(cluster, ready.config, ready.target))
    fields: dict[str, object] = {
        "version": str(cluster.version),
        "environment": ready.environment,
        "image": str(ready.image_version),
    }
    if cluster.settings:
        fields["settings"] = cluster.settings.number
    if failed:
        fields["failed_checks"], why = list(failed), f"{why} despite failed checks"
    message = f"Launched from {cluster.version}{_where(ready)}{why}."
    note(cluster, message, kind=EventKind.CLUSTER_LAUNCHED, fields=fields, by=by)
    action = "cluster.launched"
    record(action, actor=by, team=cluster.team, subject=cluster, after=fields, reason=reason)
    wake(cluster)
    check_start(cluster, question_for(ready, version=cluster.version), asked_by=by)
    return cluster


def _where(ready: Launchable) -> str:
    return f" for {ready.environment}" if ready.environment else ""


def _save_new(cluster: Cluster) -> None:
    try:
        with transaction.atomic():
            runs.begin(cluster)
            cluster.save()
    except IntegrityError:  # somebody launched one of that name since it was checked
        _check_name_is_free(cluster)
        raise


def _check_name_is_free(cluster: Cluster) -> None:
    with as_invalid(field="name"):
        cluster.validate_constraints()
