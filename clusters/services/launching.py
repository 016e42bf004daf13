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
from promotions.models import Release


def launch_cluster(*, name: str, version: Version, environment: str = "", by: User) -> Cluster:
    """Return a new cluster that a worker will bring up; raises `Invalid` or `WrongState`."""
    require(may(by, Action.LAUNCH, team=version.template.team))
    if wrong := wrong_name(name, longest=CLUSTER_NAME_LENGTH):
        raise Invalid.at("name", wrong)
    # This asks the driver, so it stays outside the transaction.
    ready = check_launch(version, environment=environment, by=by)
    release = release_for_launch(version, environment=environment, by=by)
    return _create(ready, name=name, version=version, release=release, by=by)


@transaction.atomic
def _create(
    ready: Launchable, *, name: str, version: Version, release: Release | None, by: User
) -> Cluster:
    cluster = Cluster(
        name=name,
        team=version.template.team,
        owner=by,
        cloud=ready.cloud,
        version=version,
        environment=ready.environment,
        release=release,
        image_version=ready.image_version,
        **settings_of(ready.config),
    )
    _check_name_is_free(cluster)
    _save_new(cluster)
    # The new row holds its cloud: from here on, taking the cloud away waits for this launch.
    require_usable(cluster.cloud, team=cluster.team)
    Group.objects.bulk_create(groups_of(cluster, ready.config, ready.target))
    fields: dict[str, object] = {
        "version": str(version),
        "environment": ready.environment,
        "image": str(ready.image_version),
    }
    message = f"Launched from {version}{_where(ready)}."
    note(cluster, message, kind=EventKind.CLUSTER_LAUNCHED, fields=fields, by=by)
    record("cluster.launched", actor=by, team=cluster.team, subject=cluster, after=fields)
    wake(cluster)
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
