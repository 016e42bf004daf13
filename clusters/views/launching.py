"""The launch form, and what stands beside it: price and problems of the chosen version."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.errors import ServiceError
from accounts.models import Team
from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from clouds.models import Cloud
from clusters.forms import LaunchForm
from clusters.preflight import question_for
from clusters.queries.clusters import free_name
from clusters.services.environments import offered_environments, release_for_launch
from clusters.services.launching import check_before_launch, launch_cluster
from configurations.library_offers import launchable_offers
from configurations.preflight import recent
from configurations.price_lines import lines_of
from configurations.queries import launchable_versions
from configurations.services.launch_checks import check_launch
from configurations.services.library import template_from_library
from domain.estimate import estimate
from promotions.environments import overlay_of, settings_in

NOT_READY = "This version cannot be launched: see the reasons under “Cannot launch”."


@require_http_methods(["GET", "POST"])
def launch(request: SignedInRequest) -> HttpResponse:
    """Launch a cluster from a version."""
    team = current_team(request)
    require(may(request.user, Action.LAUNCH, team=team))
    if request.method == "GET":
        form = _form(request.GET, team=team, is_bound=False)
        form.describe_versions()
        return render(request, "clusters/launch.html", _context(request, form))
    form = _form(request.POST, team=team, is_bound=True)
    cluster = submit(form, lambda _: launch_cluster(**form.launch_values, by=request.user))
    if cluster:
        return redirect("clusters:detail", pk=cluster.pk)
    form.focus_on_error()
    form.describe_versions()
    return render(request, "clusters/launch.html", _context(request, form), status=422)


@require_GET
def preview(request: SignedInRequest) -> HttpResponse:
    """Answer a change of the choice with its environments, price and problems."""
    team = current_team(request)
    require(may(request.user, Action.VIEW, team=team))
    form = _form(request.GET, team=team, is_bound=False)
    return render(request, "clusters/launch.html#preview", _context(request, form))


@require_POST
def checks(request: SignedInRequest) -> HttpResponse:
    """Have the cloud of the choice checked, and answer with the panel that shows the answers."""
    team = current_team(request)
    require(may(request.user, Action.LAUNCH, team=team))
    given = request.POST.get("version", "")
    pk = int(given) if given.isdecimal() and len(given) < 19 else 0
    version = get_object_or_404(launchable_versions(team), pk=pk)
    context: dict[str, Any] = {}
    try:
        context["check"] = check_before_launch(
            version,
            environment=request.POST.get("environment", ""),
            again="again" in request.POST,
            by=request.user,
        )
    except ServiceError as error:
        context["refusal"] = error.messages
    return render(request, "clouds/check_panel.html", context)


@require_POST
def launch_from_library(request: SignedInRequest, key: str) -> HttpResponse:
    """Make a template from one of the library's, and go on to launch it."""
    team = current_team(request)
    require(may(request.user, Action.LAUNCH, team=team))
    require(may(request.user, Action.EDIT_TEMPLATE, team=team))
    offers = {offer.ready.key: offer for offer in launchable_offers(team)}
    if key not in offers:
        raise Http404("The library has no such template for your team's clouds.")
    page = reverse("clusters:launch")
    return perform(
        request,
        lambda: template_from_library(offers[key], team=team, by=request.user),
        done=lambda version: f"Saved {version} from the library. Launch it here.",
        to=page,
        then=lambda version: f"{page}?version={version.pk}",
    )


def _form(given: Any, *, team: Team, is_bound: bool) -> LaunchForm:
    """Return the form with the environments of the version chosen in it, and a name for it."""
    form = LaunchForm(given if is_bound else None, initial=given.dict(), team=team)
    if version := form.chosen:
        form.offer(offered_environments(version))
        form.suggest(free_name(team, version.template.name))
    return form


def _context(request: SignedInRequest, form: LaunchForm) -> dict[str, Any]:
    version = form.chosen
    team = current_team(request)
    context: dict[str, Any] = {
        "form": form,
        "version": version,
        "has_cloud": Cloud.objects.usable_by(team).exists(),
        "refusal": form.launchability.refusal_of(version) if version else "",
    }
    if version is None:
        edit = may(request.user, Action.EDIT_TEMPLATE, team=team)
        return {**context, "offers": launchable_offers(team), "may_edit": edit}
    try:
        environment = form["environment"].value() or ""
        settings = settings_in(team, environment)
        overlay = overlay_of(settings)
        found = check_launch(version, environment=environment, overlay=overlay, by=request.user)
        release = release_for_launch(version, environment=environment, by=request.user)
    except ServiceError as error:
        return {**context, "errors": error.messages, "refusal": context["refusal"] or NOT_READY}
    prices = lines_of(estimate(found.config, target=found.target))
    question = question_for(found, version=version)
    return {
        **context,
        "found": found,
        "prices": prices,
        "release": release,
        "settings": settings,
        "environment": environment,
        "has_checks": question is not None,
        "check": recent(question) if question else None,
        "begin_url": reverse("clusters:launch-checks"),
    }
