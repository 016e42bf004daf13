"""The page of one workspace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.csp import CSP
from django.views.decorators.http import require_GET

from accounts.permissions import Action, may
from accounts.requests import SignedInRequest
from clusters.models import Workspace
from clusters.queries.clusters import nodes_of
from clusters.reconcile.termination import verdict_for
from clusters.services.workspaces.capturing import can_be_captured
from clusters.services.workspaces.rights import may_use
from clusters.services.workspaces.using import RUNNERS
from clusters.views.workspaces.forms import NameForm
from clusters.workspaces import addresses, shown
from domain.lifecycle import ENDED_CLUSTER_STATES, LIVE_CLUSTER_STATES, ClusterState

PARTS = frozenset({"live", "files"})


def visible_workspace(request: SignedInRequest, pk: UUID) -> Workspace:
    """Return the workspace for a page, or raise Http404 for those it is not shared with."""
    rows = Workspace.objects.visible_to(request.user).select_related(
        "team",
        "owner",
        "version__template__team",
        "image_version__image",
        "cluster__run",
        "cluster__team",
        "cluster__image_version__image",
        "cloned_from",
    )
    return get_object_or_404(rows, pk=pk)


def removable_workspace(request: SignedInRequest, pk: UUID) -> Workspace:
    """Return a workspace that the user sees, or whose owner has left the user's team; or 404."""
    row = get_object_or_404(Workspace.objects.select_related("team", "owner"), pk=pk)
    is_left = Workspace.objects.left_in(row.team).filter(pk=pk).exists()
    if is_left and may(request.user, Action.MANAGE_TEAM, team=row.team):
        return row
    return visible_workspace(request, pk)


def page_of(workspace: Workspace) -> str:
    """Return the address of the page."""
    return reverse("clusters:workspace", args=[workspace.pk])


@require_GET
def workspace(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show one workspace; htmx gets its parts alone, the long list of files more seldom."""
    row = visible_workspace(request, pk)
    part = request.GET.get("part", "")
    partial = f"#{part}" if part in PARTS else ""
    response = render(request, f"clusters/workspaces/detail.html{partial}", _context(request, row))
    return opening(response, row)


def opening(response: HttpResponse, row: Workspace) -> HttpResponse:
    """Return the page, whose form may lead to the origin of this workspace."""
    if settings.WORKSPACES_URL:
        allowed = [CSP.SELF, addresses.origin_of(row.pk)]
        policy = {**settings.SECURE_CSP, "form-action": allowed}
        response._csp_config = policy  # type: ignore[attr-defined]  # noqa: SLF001 - as csp_override
    return response


def _context(request: SignedInRequest, row: Workspace) -> dict[str, Any]:
    cluster = row.cluster
    is_running = cluster is not None and cluster.state == ClusterState.RUNNING
    verdict = verdict_for(cluster, nodes_of(cluster)) if cluster and is_running else None
    told = cluster.run.workspace if cluster else {}
    return {
        "workspace": row,
        "cluster": cluster,
        "crumbs": [("Workspaces", reverse("clusters:workspaces"))],
        "state": shown.shown_state(row),
        "explanation": shown.explanation(row),
        "is_open": shown.is_open(row),
        "told": told,
        "verdict": verdict,
        "may_use": may_use(request.user, row),
        "may_launch": may(request.user, Action.LAUNCH, team=row.team),
        "can_start": not row.is_waiting_for_copy
        and (cluster is None or cluster.state in ENDED_CLUSTER_STATES),
        "can_stop": cluster is not None and cluster.state in LIVE_CLUSTER_STATES,
        "cannot_capture": can_be_captured(row),
        "files": [
            {**file, "can_run": is_running and file["path"].endswith(tuple(RUNNERS))}
            for file in row.files
        ],
        "clone_form": NameForm(initial={"name": f"{row.name[:56]}-copy"}),
    }
