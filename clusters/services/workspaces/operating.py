"""Stop, share and remove workspaces."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import User
from accounts.permissions import require
from accounts.services import record
from clusters.models import Workspace
from clusters.services.operating import stop_cluster, terminate_cluster
from clusters.services.workspaces.rights import locked, may_remove, may_use, own
from domain.lifecycle import ClusterState


@transaction.atomic
def stop_workspace(workspace: Workspace, *, by: User) -> None:
    """Give the machines back; files and what was installed stay."""
    require(may_use(by, workspace))
    row = own(workspace, by)
    if row.cluster is None:
        raise WrongState(f"{row} was never started.")
    stop_cluster(row.cluster, by=by)
    record("workspace.stopped", actor=by, team=row.team, subject=row)


@transaction.atomic
def share_workspace(workspace: Workspace, *, is_shared: bool, by: User) -> None:
    """Let the team read the page and the files, or no longer; JupyterLab stays closed."""
    require(may_use(by, workspace))
    row = own(workspace, by)
    before = {"shared": row.is_shared}
    Workspace.objects.filter(pk=row.pk).update(is_shared=is_shared)
    workspace.is_shared = is_shared
    after = {"shared": is_shared}
    record("workspace.shared", actor=by, team=row.team, subject=row, before=before, after=after)


@transaction.atomic
def remove_workspace(workspace: Workspace, *, by: User) -> None:
    """Terminate the cluster and delete the files for good, as soon as no machine uses them.

    Admins of the team can do it once the owner has left the team.
    """
    require(may_remove(by, workspace))
    row = locked(workspace)
    if row.cluster is not None and row.cluster.state != ClusterState.TERMINATED:
        terminate_cluster(row.cluster, by=by, reason=f"Workspace {row} was deleted.")
    # The sweep deletes the files once the cluster has ended (clusters/workspaces/files.py).
    # Files may be there that were never listed.
    Workspace.objects.filter(pk=row.pk).update(removed_at=now(), files_at=row.files_at or now())
    record("workspace.removed", actor=by, team=row.team, subject=row)
