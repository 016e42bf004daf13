"""Ask for a version to be released in an environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.answers import submit
from accounts.permissions import require
from accounts.requests import SignedInRequest
from configurations.models import Version
from configurations.views.templates import visible_template
from promotions.environments import asks_in_words
from promotions.forms.requests import RequestForm
from promotions.permissions import may_request
from promotions.pipeline import Stage, stages_of
from promotions.services.requests import request_change


@require_http_methods(["GET", "POST"])
def request_version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Show the form for a change request, or make it and go to its page."""
    version = _visible(request, pk, number)
    require(may_request(request.user, team=version.template.team))
    stages = stages_of(version.template)
    environments = [stage.environment for stage in stages]
    if request.method == "GET":
        initial = _suggested(version, stages, given=request.GET)
        form = RequestForm(initial=initial, environments=environments)
        return _page(request, version, stages, form=form)
    form = RequestForm(request.POST, environments=environments)
    change = submit(form, lambda values: request_change(version, **values, by=request.user))
    if change:
        return redirect("promotions:review", pk=change.pk)
    return _page(request, version, stages, form=form, status=422)


def _visible(request: SignedInRequest, pk: int, number: int) -> Version:
    rows = visible_template(request, pk).versions.select_related("template__team", "author")
    return get_object_or_404(rows, number=number)


def _suggested(
    version: Version, stages: list[Stage], *, given: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the form begins with: the first environment that has not got the version."""
    following = next((s for s in stages if not s.has(version) and s.open is None), None)
    return {
        "environment": given.get("environment")
        or (following.environment.name if following else ""),
        "title": version.message,
        "description": version.rationale,
    }


def _page(
    request: SignedInRequest,
    version: Version,
    stages: list[Stage],
    *,
    form: RequestForm,
    status: int = 200,
) -> HttpResponse:
    template = version.template
    own = reverse("configurations:template", args=[template.pk])
    own_version = reverse("configurations:version", args=[template.pk, version.number])
    context = {
        "version": version,
        "template": template,
        "form": form,
        "stages": [(stage, asks_in_words(stage.environment)) for stage in stages],
        "crumbs": [
            ("Templates", reverse("configurations:templates")),
            (template.name, own),
            (str(version), own_version),
        ],
    }
    return render(request, "promotions/request.html", context, status=status)
