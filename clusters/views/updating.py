"""Move a running cluster to another version, and replace its outdated nodes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.answers import perform
from accounts.errors import ServiceError
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from clusters.forms import UpdateForm
from clusters.models import Cluster
from clusters.queries.clusters import free_name
from clusters.services import drifting
from clusters.services.relaunching import relaunch_cluster
from clusters.services.replacing import pause_replacement, replace_outdated
from clusters.services.updating import check_update, update_cluster
from clusters.updates.plan import Update
from clusters.views.requests import page_of, visible_cluster
from configurations.comparison import TONES, difference
from configurations.launch_choices import price_in_words
from configurations.launchability import launchability_of
from configurations.queries import launchable_versions
from domain.lifecycle import ClusterTarget


@require_POST
def bring_back(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Make the cluster what its environment has: the release that it follows, and settings."""
    cluster = visible_cluster(request, pk)
    return perform(
        request,
        lambda: drifting.bring_back(cluster, by=request.user),
        done=lambda drift: f"{cluster} goes back to {drift.goal}.",
        to=page_of(cluster, "overview"),
    )


@require_POST
def draft(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Open a draft of what the cluster is now in the editor."""
    cluster = visible_cluster(request, pk)
    return perform(
        request,
        lambda: drifting.draft_of_drift(cluster, by=request.user),
        done=lambda draft: f"{draft} has what {cluster} is now. Save it as a version.",
        to=page_of(cluster, "overview"),
        then=lambda draft: reverse("configurations:draft", args=[draft.pk]),
    )


@require_GET
def preview(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Answer a change of the choice with what the update would change."""
    cluster = visible_cluster(request, pk)
    form = UpdateForm(initial=request.GET.dict(), cluster=cluster)
    context = update_context(cluster, form, by=request.user)
    return render(request, "clusters/update.html#preview", {"cluster": cluster, **context})


@require_POST
def update(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Move the cluster to another version of its template."""
    cluster = visible_cluster(request, pk)
    require(may(request.user, Action.OPERATE, team=cluster.team))
    form = UpdateForm(request.POST, cluster=cluster)
    return perform(
        request,
        lambda: update_cluster(cluster, **form.cleaned_data, by=request.user),
        form=form,
        done=lambda update: f"Updated {cluster} to {update.version}.",
        to=page_of(cluster, "nodes"),
    )


@require_POST
def replace(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Replace the nodes that run with settings of an earlier version."""
    cluster = visible_cluster(request, pk)
    return perform(
        request,
        lambda: replace_outdated(cluster, by=request.user),
        done="Replacing the outdated nodes.",
        to=page_of(cluster, "nodes"),
    )


@require_POST
def pause(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Let outdated nodes that have not been replaced yet run on."""
    cluster = visible_cluster(request, pk)
    return perform(
        request,
        lambda: pause_replacement(cluster, by=request.user),
        done="Replacement paused.",
        to=page_of(cluster, "nodes"),
    )


@require_POST
def relaunch(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Launch a cluster of another version in this one's place, and terminate this one."""
    cluster = visible_cluster(request, pk)
    require(may(request.user, Action.OPERATE, team=cluster.team))
    form = UpdateForm(request.POST, cluster=cluster)
    return perform(
        request,
        lambda: relaunch_cluster(cluster, version=form.cleaned_data["version"], by=request.user),
        form=form,
        done=lambda new: f"Launched {new} with {new.version}. Terminating {cluster}.",
        to=page_of(cluster, "configuration"),
        then=page_of,
    )


def update_context(cluster: Cluster, form: UpdateForm, *, by: User) -> dict[str, Any]:
    """Return the form, what the chosen version changes, or why it cannot be updated to."""
    version = form.chosen
    context: dict[str, Any] = {
        "update_form": form,
        "update_version": version,
        "may_operate": may(by, Action.OPERATE, team=cluster.team),
    }
    if version is None:
        return context
    try:
        found = check_update(cluster, version=version, by=by)
    except ServiceError as error:
        return {**context, "update_errors": error.messages}
    return {**context, **_shown(cluster, found)}


def _shown(cluster: Cluster, found: Update) -> dict[str, Any]:
    relaunch_name = free_name(cluster.team, cluster.name) if found.needs_relaunch else ""
    return {
        "update": found,
        "relaunch_name": relaunch_name,
        "relaunch_price": price_in_words(found.new_cost) if found.new_cost else "",
        "update_tone": TONES[found.effect] if found.effect else "good",
        "differences": [difference(change) for change in found.changes],
    }


def following_context(cluster: Cluster, *, by: User) -> dict[str, Any]:
    """Return the newer version that a cluster can follow, and what to launch another one like."""
    rows = launchable_versions(cluster.team).filter(template=cluster.version.template_id)
    newest = rows.filter(number__gt=cluster.version.number).defer("text").first()
    is_kept = cluster.target == ClusterTarget.RUNNING and cluster.replaced_by is None
    return {
        "newer": newest if is_kept else None,
        "like_refusal": launchability_of(cluster.team).refusal_of(cluster.version),
        "like_name": free_name(cluster.team, cluster.name),
        "may_launch": may(by, Action.LAUNCH, team=cluster.team),
    }
