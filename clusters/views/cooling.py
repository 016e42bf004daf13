"""What people do about a group that was stopped."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from clusters.services.cooling import try_group_again
from clusters.services.operating import NotNow
from clusters.views.clusters import visible_cluster


@require_POST
def try_again(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Let a stopped group launch nodes again."""
    cluster = visible_cluster(request, pk)
    require(may(request.user, Action.OPERATE, team=cluster.team))
    # Compared here: PostgreSQL refuses some of the names that an address may hold.
    if group not in cluster.groups.values_list("name", flat=True):
        raise Http404(f"Cluster {cluster} has no group '{group}'.")
    try:
        try_group_again(cluster, group=group, by=request.user)
    except NotNow as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Group {group} may launch nodes again.")
    return redirect(f"{reverse('clusters:detail', args=[cluster.pk])}?tab=scaling")
