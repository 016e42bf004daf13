"""One version of a template: what it says, why, compared with another; put away, brought back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from clouds.models import DEFAULT_CLOUD, Cloud
from configurations import queries
from configurations.comparison import compare
from configurations.models import Template, Version
from configurations.services.versions import (
    archive_version,
    may_archive,
    restore,
    unarchive_version,
)
from configurations.targets import target_for
from configurations.views.templates import visible_template
from domain.catalogue.region import RegionCatalogue
from domain.yaml.text import parse


@require_GET
def version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Show one version; `?with=3` names another to compare it with."""
    row = visible_template(request, pk)
    versions = list(queries.versions_of(row))
    shown = next((v for v in versions if v.number == number), None)
    shown = shown or get_object_or_404(row.versions, number=number)
    asked = request.GET.get("with", "")
    other = next((v for v in versions if str(v.number) == asked and v != shown), None)
    context: dict[str, Any] = {
        "template": row,
        "version": shown,
        "versions": versions,
        "other": other,
        "clusters": queries.clusters_running(shown),
        "may_launch": may(request.user, Action.LAUNCH, team=row.team),
        "may_edit": may(request.user, Action.EDIT_TEMPLATE, team=row.team),
        "may_archive": may_archive(shown),
        "crumbs": _crumbs(row),
    }
    if other:
        context["comparison"] = compare(other, shown, target=target_of(request, shown))
    return render(request, "configurations/version.html", context)


def target_of(request: SignedInRequest, version: Version) -> RegionCatalogue:
    """Return the cloud that a version names, as far as the user may use it."""
    config = parse(version.text).draft
    name = (config and config.cloud) or DEFAULT_CLOUD
    return target_for(Cloud.objects.visible_to(request.user).filter(name=name).first())


def _crumbs(template: Template) -> list[tuple[str, str]]:
    own = reverse("configurations:template", args=[template.pk])
    return [("Templates", reverse("configurations:templates")), (template.name, own)]


@require_POST
def archive(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Put a version away."""
    row = _editable(request, pk, number)
    decision = archive_version(row, by=request.user)
    if decision:
        messages.success(request, f"{row} is archived: it is no longer offered for launching.")
    else:
        messages.error(request, f"{decision.reason} Terminate it first.")
    return redirect("configurations:version", pk=pk, number=number)


@require_POST
def unarchive(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Offer a version for launching again."""
    row = _editable(request, pk, number)
    unarchive_version(row, by=request.user)
    messages.success(request, f"{row} can be launched again.")
    return redirect("configurations:version", pk=pk, number=number)


@require_POST
def restore_version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Begin a new version from an earlier one."""
    draft = restore(_editable(request, pk, number), by=request.user)
    return redirect("configurations:draft", pk=draft.pk)


def _editable(request: SignedInRequest, pk: int, number: int) -> Version:
    row = visible_template(request, pk)
    require(may(request.user, Action.EDIT_TEMPLATE, team=row.team))
    return get_object_or_404(row.versions.select_related("template__team"), number=number)
