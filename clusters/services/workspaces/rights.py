"""Whose a workspace is: nobody else opens, changes or ends it."""

from __future__ import annotations

from accounts.errors import NotAllowed, NotFound
from accounts.models import User
from accounts.permissions import Action, Decision, may, require
from clusters.models import Workspace


def may_use(user: User, workspace: Workspace) -> Decision:
    """Return whether the user is the owner, and still may operate clusters of its team."""
    decision = may(user, Action.OPERATE, team=workspace.team)
    if decision and workspace.owner_id != user.pk:
        return Decision(allowed=False, reason=f"Only {workspace.owner} can use this workspace.")
    return decision


def may_remove(user: User, workspace: Workspace) -> Decision:
    """Return whether the user may delete it: the owner, or an admin once the owner has left."""
    if Workspace.objects.left_in(workspace.team).filter(pk=workspace.pk).exists():
        return may(user, Action.MANAGE_TEAM, team=workspace.team)
    return may_use(user, workspace)


def own(workspace: Workspace, user: User) -> Workspace:
    """Return the workspace as it is now, its row locked; raises `NotAllowed` or `NotFound`."""
    require(may_use(user, workspace))
    return locked(workspace)


def locked(workspace: Workspace) -> Workspace:
    """Return the workspace as it is now, its row locked; raises `NotFound`."""
    rows = Workspace.objects.select_for_update(of=("self",)).filter(removed_at=None)
    row = rows.select_related("team", "owner", "cluster", "image_version__image").filter(
        pk=workspace.pk
    )
    if (found := row.first()) is None:
        raise NotFound(f"{workspace} was removed.")
    return found


def require_visible(workspace: Workspace, user: User) -> None:
    """Raise `NotAllowed` unless the workspace is the user's, or shared with their team."""
    if not Workspace.objects.visible_to(user).filter(pk=workspace.pk).exists():
        raise NotAllowed("This workspace is not shared with you.")
