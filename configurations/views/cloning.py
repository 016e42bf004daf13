"""Clone a version to another cloud: each machine's equivalent there is shown and chosen."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from clouds.access import why_not_launchable
from clouds.models import Cloud
from configurations.models import Version
from configurations.services.cloning import clone_version, preview_clone
from configurations.views.editor_page import open_draft_in_editor
from configurations.views.templates import visible_template


@require_http_methods(["GET", "POST"])
def clone(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Show what each machine becomes on `?cloud=`; posting opens the clone as a draft."""
    template = visible_template(request, pk)
    require(may(request.user, Action.EDIT_TEMPLATE, team=template.team))
    version = get_object_or_404(template.versions.select_related("template__team"), number=number)
    clouds = list(Cloud.objects.usable_by(template.team).order_by("name"))
    given = request.POST if request.method == "POST" else request.GET
    cloud = next((row for row in clouds if row.name == given.get("cloud")), None)
    if request.method == "POST" and cloud:
        return open_draft_in_editor(
            request,
            partial(clone_version, version, cloud=cloud, chosen=given.dict(), by=request.user),
        )
    return _page(request, version, clouds=clouds, cloud=cloud)


def _page(
    request: SignedInRequest, version: Version, *, clouds: list[Cloud], cloud: Cloud | None
) -> HttpResponse:
    preview = preview_clone(version, cloud=cloud) if cloud else None
    own = reverse("configurations:version", args=[version.template_id, version.number])
    context = {
        "template": version.template,
        "version": version,
        "clouds": clouds,
        "cloud": cloud,
        "refusal": why_not_launchable(cloud) if cloud else "",
        "machines": preview.machines if preview else [],
        "left_out": preview.left_out if preview else [],
        "crumbs": [("Templates", reverse("configurations:templates")), (str(version), own)],
    }
    return render(request, "configurations/clone.html", context)
