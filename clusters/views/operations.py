"""What people do to a cluster: each answers a POST with a redirect to its page, or its errors."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.requests import SignedInRequest
from clusters.forms import HoldForm, LimitsForm, ResizeForm
from clusters.services import operating
from clusters.services.groups import try_group_again
from clusters.services.limits import change_time_limits
from clusters.views.detail import refused_resize
from clusters.views.requests import page_of, visible_cluster


@require_POST
def stop(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Give the machines back, keep the cluster."""
    cluster = visible_cluster(request, pk)
    return perform(
        request,
        lambda: operating.stop_cluster(cluster, by=request.user),
        done=f"Stopping {cluster}.",
        to=page_of(cluster),
    )


@require_POST
def start(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Bring a stopped or failed cluster up again."""
    cluster = visible_cluster(request, pk)
    return perform(
        request,
        lambda: operating.start_cluster(cluster, by=request.user),
        done=f"Starting {cluster}.",
        to=page_of(cluster),
    )


@require_POST
def terminate(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Give the machines back for good."""
    cluster = visible_cluster(request, pk)
    return perform(
        request,
        lambda: operating.terminate_cluster(cluster, by=request.user),
        done=f"Terminating {cluster}.",
        to=page_of(cluster),
    )


@require_POST
def hold(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Let the idle timer wait."""
    cluster = visible_cluster(request, pk)
    form = HoldForm(request.POST)
    return perform(
        request,
        lambda: operating.hold_idle_timer(cluster, **form.cleaned_data, by=request.user),
        form=form,
        done=lambda _: (
            f"Idle timer of {cluster} paused."
            if form.cleaned_data["hours"]
            else "Idle timer resumed."
        ),
        to=page_of(cluster),
    )


@require_POST
def limits(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Change when the cluster ends by itself."""
    cluster = visible_cluster(request, pk)
    form = LimitsForm(request.POST)
    return perform(
        request,
        lambda: change_time_limits(cluster, **form.cleaned_data, by=request.user),
        form=form,
        done=f"Saved the time limits of {cluster}.",
        to=page_of(cluster, "configuration"),
    )


@require_http_methods(["GET", "POST"])
def resize(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Give a group other limits, or show the form again with what is wrong with them."""
    cluster = visible_cluster(request, pk)
    if request.method == "GET":  # the address of a form that was shown again
        return redirect(page_of(cluster, "scaling"))
    form = ResizeForm(request.POST, prefix=group)
    call = partial(operating.resize_group, cluster, group=group, by=request.user)
    row = submit(form, lambda sizes: call(**sizes))
    if row is None:
        return refused_resize(request, cluster, form)
    sizes = f"{row.min_nodes}–{row.max_nodes}"
    messages.success(request, f"Group {group} resized to {sizes} nodes.")
    return redirect(page_of(cluster, "scaling"))


@require_POST
def try_again(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Let a stopped group launch nodes again."""
    cluster = visible_cluster(request, pk)
    return perform(
        request,
        lambda: try_group_again(cluster, group=group, by=request.user),
        done=f"Group {group} can launch nodes again.",
        to=page_of(cluster, "scaling"),
    )
