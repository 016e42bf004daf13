"""Create, clone and start workspaces."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.errors import Invalid, WrongState, as_invalid
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clusters.models import Cluster, Workspace
from clusters.services.launching import launch_workspace_cluster
from clusters.services.operating import start_cluster
from clusters.services.workspaces.rights import may_use, require_visible
from clusters.workspaces.tasks import ask_for_copy
from configurations.launch_checks import Launchable
from configurations.models import Version
from configurations.services.launch_checks import check_launch
from configurations.targets import misplaced
from domain.lifecycle import ENDED_CLUSTER_STATES, ClusterState
from domain.limits import CLUSTER_NAME_LENGTH, wrong_name
from images.models import Image, ImageVersion
from images.queries import why_not_launchable

NO_ADDRESS = (
    "This installation has no address for workspaces. An administrator sets MOBULA_WORKSPACES_URL."
)


def create_workspace(
    version: Version, *, name: str, image: ImageVersion | None = None, by: User
) -> Workspace:
    """Return a new workspace whose cluster a worker brings up; without an image, the template's.

    Raises `Invalid` or `WrongState`.
    """
    team = version.template.team
    require(may(by, Action.LAUNCH, team=team))
    ready = _ready(version, image=image, by=by)
    workspace = Workspace(
        name=name, team=team, owner=by, version=version, image_version=ready.image_version
    )
    _check_name(workspace)
    with transaction.atomic():
        _save(workspace)
        _launch(workspace, ready, by=by)
    return workspace


def clone_workspace(workspace: Workspace, *, name: str, by: User) -> Workspace:
    """Return a new workspace of `by` with the same template and image, and a copy of the files.

    A worker copies them; then it can be started.
    """
    require(may(by, Action.LAUNCH, team=workspace.team))
    require_visible(workspace, by)
    if workspace.is_waiting_for_copy:
        raise WrongState(f"{workspace} has no files of its own yet: they are still to be copied.")
    clone = Workspace(
        name=name,
        team=workspace.team,
        owner=by,
        version=workspace.version,
        image_version=workspace.image_version,
        cloned_from=workspace,
    )
    _check_name(clone)
    with transaction.atomic():
        _save(clone)
        _note(
            clone, "workspace.cloned", by, {"from": str(workspace), "owner": str(workspace.owner)}
        )
        ask_for_copy(clone)
    return clone


def start_workspace(workspace: Workspace, *, by: User) -> Cluster:
    """Start the cluster of a workspace, or launch another one where it was terminated."""
    require(may_use(by, workspace))
    if workspace.is_waiting_for_copy:
        why = workspace.copy_error or "Its files are still being copied. Try again in a moment."
        raise WrongState(why)
    cluster = workspace.cluster
    if cluster is not None and cluster.state not in ENDED_CLUSTER_STATES:
        raise WrongState(
            f"{workspace} is {cluster.state}. Only a stopped workspace can be started."
        )
    if cluster is not None and cluster.state != ClusterState.TERMINATED:
        start_cluster(cluster, by=by)
        cluster.refresh_from_db()
        _note(workspace, "workspace.started", by, {"cluster": cluster.name})
        return cluster
    ready = _ready(workspace.version, image=workspace.image_version, by=by)
    with transaction.atomic():
        locked = Workspace.objects.select_for_update().get(pk=workspace.pk)
        if locked.removed_at or locked.cluster_id != workspace.cluster_id:
            raise WrongState(f"{workspace} was changed in this moment. Try again.")
        return _launch(workspace, ready, by=by)


def _ready(version: Version, *, image: ImageVersion | None, by: User) -> Launchable:
    """Return what the cluster needs; this asks the driver, so it stays outside transactions."""
    if not settings.WORKSPACES_URL:
        raise WrongState(NO_ADDRESS)
    ready = check_launch(version, by=by)
    traits = ready.target.traits
    if not traits.serves_workspaces:
        raise Invalid.at(
            "version",
            f"Workspaces need a head that Mobula can reach, and on {traits.name} it reaches none. "
            "Use a template of a cloud on this machine.",
        )
    if image is None:
        return ready
    if not Image.objects.usable_by(version.template.team).filter(pk=image.image_id).exists():
        raise Invalid.at("image", f"Team {version.template.team} has no access to image {image}.")
    if wrong := why_not_launchable(image) or misplaced(image, target=ready.target):
        raise Invalid.at("image", wrong)
    return replace(ready, image_version=image)


def _launch(workspace: Workspace, ready: Launchable, *, by: User) -> Cluster:
    cluster = launch_workspace_cluster(ready, workspace=workspace, by=by)
    Workspace.objects.filter(pk=workspace.pk).update(cluster=cluster)
    workspace.cluster = cluster
    _note(workspace, "workspace.launched", by, {"cluster": cluster.name})
    return cluster


def _check_name(workspace: Workspace) -> None:
    if wrong := wrong_name(workspace.name, longest=CLUSTER_NAME_LENGTH):
        raise Invalid.at("name", wrong)
    with as_invalid(field="name"):
        workspace.validate_constraints()


def _save(workspace: Workspace) -> None:
    try:
        with transaction.atomic():
            workspace.save(force_insert=True)
    except IntegrityError:  # another one of that name came since it was checked
        _check_name(workspace)
        raise


def _note(workspace: Workspace, action: str, by: User, after: dict[str, object]) -> None:
    record(action, actor=by, team=workspace.team, subject=workspace, after=after)
