"""One version of a template: what it says, why, compared with another; put away, brought back."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.answers import perform
from accounts.permissions import Action, may
from accounts.requests import SignedInRequest
from configurations import queries
from configurations.comparison import compare
from configurations.launchability import launchability_of
from configurations.models import Template, Version
from configurations.named_images import meanings_of
from configurations.services.versions import (
    archive_version,
    may_archive,
    restore,
    unarchive_version,
)
from configurations.targets import target_of
from configurations.views.editor_page import open_draft_in_editor
from configurations.views.templates import visible_template


@require_GET
def version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Show one version; `?with=3` names another to compare it with."""
    row = visible_template(request, pk)
    versions = list(queries.versions_of(row))
    shown = next((v for v in versions if v.number == number), None)
    shown = shown or get_object_or_404(row.versions, number=number)
    asked = request.GET.get("with", "")
    other = next((v for v in versions if str(v.number) == asked and v != shown), None)
    context = _context(request, row, shown) | {"versions": versions, "other": other}
    if other:
        context["comparison"] = compare(other, shown, target=target_of(shown))
    return render(request, "configurations/version.html", context)


def _context(request: SignedInRequest, template: Template, version: Version) -> dict[str, Any]:
    return {
        "template": template,
        "version": version,
        "meanings": meanings_of(version),
        "clusters": queries.clusters_running(version),
        "refusal": launchability_of(template.team).refusal_of(version),
        "may_launch": may(request.user, Action.LAUNCH, team=template.team),
        "may_edit": may(request.user, Action.EDIT_TEMPLATE, team=template.team),
        "may_archive": may_archive(version),
        "crumbs": _crumbs(template),
    }


def _crumbs(template: Template) -> list[tuple[str, str]]:
    own = reverse("configurations:template", args=[template.pk])
    return [("Templates", reverse("configurations:templates")), (template.name, own)]


@require_POST
def archive(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Put a version away."""
    row = _visible_version(request, pk, number)
    return perform(
        request,
        lambda: archive_version(row, by=request.user),
        done=f"{row} is archived: it can no longer be launched.",
        to=_page_of(row),
    )


@require_POST
def unarchive(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Offer a version for launching again."""
    row = _visible_version(request, pk, number)
    return perform(
        request,
        lambda: unarchive_version(row, by=request.user),
        done=f"{row} can be launched again.",
        to=_page_of(row),
    )


@require_POST
def restore_version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Begin a new version from an earlier one."""
    version = _visible_version(request, pk, number)
    return open_draft_in_editor(request, lambda: restore(version, by=request.user))


def _visible_version(request: SignedInRequest, pk: int, number: int) -> Version:
    row = visible_template(request, pk)
    return get_object_or_404(row.versions.select_related("template__team"), number=number)


def _page_of(version: Version) -> str:
    return reverse("configurations:version", args=[version.template_id, version.number])
