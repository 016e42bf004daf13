"""What people do to a cluster: each answers a POST with a redirect to its page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from clusters.forms import HoldForm, ResizeForm
from clusters.models import Group
from clusters.services import operating
from clusters.views.requests import operable_cluster, perform, problems_of


@require_POST
def stop(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Give the machines back, keep the cluster."""
    cluster = operable_cluster(request, pk)
    return perform(
        request,
        cluster,
        lambda: operating.stop_cluster(cluster, by=request.user),
        done=f"{cluster} is stopping.",
        tab="overview",
    )


@require_POST
def start(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Bring a stopped or failed cluster up again."""
    cluster = operable_cluster(request, pk)
    return perform(
        request,
        cluster,
        lambda: operating.start_cluster(cluster, by=request.user),
        done=f"{cluster} is starting.",
        tab="overview",
    )


@require_POST
def terminate(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Give the machines back for good."""
    cluster = operable_cluster(request, pk)
    return perform(
        request,
        cluster,
        lambda: operating.terminate_cluster(cluster, by=request.user),
        done=f"{cluster} is terminating.",
        tab="overview",
    )


@require_POST
def hold(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Let the idle timer wait."""
    cluster = operable_cluster(request, pk)
    form = HoldForm(request.POST)
    if not form.is_valid():
        messages.error(request, problems_of(form))
        return redirect("clusters:detail", pk=cluster.pk)
    hours = form.cleaned_data["hours"]
    return perform(
        request,
        cluster,
        lambda: operating.hold_idle_timer(cluster, hours=hours, by=request.user),
        done=f"The idle timer of {cluster} waits." if hours else "The idle timer runs again.",
        tab="overview",
    )


@require_POST
def resize(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Give a group other limits."""
    cluster = operable_cluster(request, pk)
    get_object_or_404(Group, cluster=cluster, name=group, role="worker")
    form = ResizeForm(request.POST, prefix=group)
    if not form.is_valid():
        messages.error(request, problems_of(form))
        return redirect(f"{reverse('clusters:detail', args=[cluster.pk])}?tab=scaling")
    return perform(
        request,
        cluster,
        lambda: operating.resize_group(cluster, group=group, by=request.user, **form.cleaned_data),
        done=f"Group {group} now has {form.cleaned_data['min_nodes']} to "
        f"{form.cleaned_data['max_nodes']} nodes.",
        tab="scaling",
    )
