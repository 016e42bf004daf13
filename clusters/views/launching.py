"""The launch form, and what stands beside it: price and problems of the chosen version."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.answers import submit
from accounts.errors import ServiceError
from accounts.models import Team
from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from clusters.forms import LaunchForm
from clusters.services.launch_checks import check_launch, environments_of
from clusters.services.launching import launch_cluster
from configurations.models import Version
from configurations.price_lines import lines_of
from domain.estimate import estimate


@require_http_methods(["GET", "POST"])
def launch(request: SignedInRequest) -> HttpResponse:
    """Launch a cluster from a version."""
    team = current_team(request)
    require(may(request.user, Action.LAUNCH, team=team))
    if request.method == "GET":
        form = _form(request.GET, team=team, is_bound=False)
        return render(request, "clusters/launch.html", _context(request, form))
    form = _form(request.POST, team=team, is_bound=True)
    cluster = submit(form, lambda values: launch_cluster(**values, by=request.user))
    if cluster:
        return redirect("clusters:detail", pk=cluster.pk)
    return render(request, "clusters/launch.html", _context(request, form), status=422)


@require_GET
def preview(request: SignedInRequest) -> HttpResponse:
    """Answer a change of the choice with its environments, price and problems."""
    team = current_team(request)
    require(may(request.user, Action.VIEW, team=team))
    form = _form(request.GET, team=team, is_bound=False)
    return render(request, "clusters/launch.html#choice", _context(request, form))


def _form(given: Any, *, team: Team, is_bound: bool) -> LaunchForm:
    """Return the form with the environments of the version that is chosen in it."""
    form = LaunchForm(given if is_bound else None, initial=given.dict(), team=team)
    if version := _chosen(form):
        form.offer(environments_of(version))
    return form


def _chosen(form: LaunchForm) -> Version | None:
    """Return the version that the form shows: the first one where none is named."""
    versions = form.versions
    named = str(form["version"].value() or "")
    if not named:
        return versions.first()
    return versions.filter(pk=named).first() if named.isdecimal() and len(named) < 19 else None


def _context(request: SignedInRequest, form: LaunchForm) -> dict[str, Any]:
    version = _chosen(form)
    context: dict[str, Any] = {"form": form, "version": version}
    if version is None:
        return context
    try:
        environment = form["environment"].value() or ""
        found = check_launch(version, environment=environment, by=request.user)
    except ServiceError as error:
        return {**context, "errors": error.messages}
    prices = lines_of(estimate(found.config, target=found.target))
    return {**context, "found": found, "prices": prices}
