"""Launch a cluster from a version."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.errors import Invalid, as_invalid
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.access import require_usable
from clusters import runs
from clusters.models import Cluster, Group
from clusters.nodes.config import settings_of
from clusters.nodes.groups import groups_of
from clusters.services.environments import release_for_launch
from clusters.services.waking import wake
from clusters.transitions import note
from configurations.launch_checks import Launchable
from configurations.models import Version
from configurations.services.launch_checks import check_launch
from domain.events import EventKind
from domain.limits import CLUSTER_NAME_LENGTH, wrong_name
from promotions.models import TestRun

# A lifetime counts from when the head is ready; this is for the last steps of a run.
TEST_CLUSTER_MARGIN = 5


def launch_cluster(*, name: str, version: Version, environment: str = "", by: User) -> Cluster:
    """Return a new cluster that a worker will bring up; raises `Invalid` or `WrongState`."""
    require(may(by, Action.LAUNCH, team=version.template.team))
    if wrong := wrong_name(name, longest=CLUSTER_NAME_LENGTH):
        raise Invalid.at("name", wrong)
    # This asks the driver, so it stays outside the transaction.
    ready = check_launch(version, environment=environment, by=by)
    release = release_for_launch(version, environment=environment, by=by)
    cluster = _cluster(ready, name=name, version=version, by=by)
    cluster.release = release
    return _create(cluster, ready, by=by)


def launch_test_cluster(ready: Launchable, *, run: TestRun, by: User) -> Cluster:
    """Return the cluster of a test run, which needs no release and follows none.

    It is launched once: the database refuses another one for the same run. An idle timer does not
    end it, and a lifetime does, should nobody end it when the run is over.
    """
    version = run.version
    require(may(by, Action.LAUNCH, team=version.template.team))
    cluster = _cluster(ready, name=name_of_test_cluster(run), version=version, by=by)
    cluster.test_run = run
    cluster.idle_minutes = None
    lifetime = run.max_minutes + TEST_CLUSTER_MARGIN
    cluster.max_lifetime_minutes = min(cluster.max_lifetime_minutes or lifetime, lifetime)
    return _create(cluster, ready, by=by)


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
def _create(cluster: Cluster, ready: Launchable, *, by: User) -> Cluster:
    _check_name_is_free(cluster)
    _save_new(cluster)
    # The new row holds its cloud: from here on, taking the cloud away waits for this launch.
    require_usable(cluster.cloud, team=cluster.team)
    Group.objects.bulk_create(groups_of(cluster, ready.config, ready.target))
    fields: dict[str, object] = {
        "version": str(cluster.version),
        "environment": ready.environment,
        "image": str(ready.image_version),
    }
    message = f"Launched from {cluster.version}{_where(ready)}{_why(cluster)}."
    note(cluster, message, kind=EventKind.CLUSTER_LAUNCHED, fields=fields, by=by)
    record("cluster.launched", actor=by, team=cluster.team, subject=cluster, after=fields)
    wake(cluster)
    return cluster


def _where(ready: Launchable) -> str:
    return f" for {ready.environment}" if ready.environment else ""


def _why(cluster: Cluster) -> str:
    return f" to test change request {cluster.test_run.request_id}" if cluster.test_run else ""


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
