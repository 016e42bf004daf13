"""Clone a version to another cloud: each machine's equivalent there is shown and chosen."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from clouds.models import Cloud
from configurations.services.drafts import open_draft
from configurations.targets import target_for
from configurations.views.templates import visible_template
from configurations.views.versions import target_of
from domain.configuration.spec import ComputeConfig
from domain.convert.cloning import cloned, mapped
from domain.yaml.text import dump, parse


@require_http_methods(["GET", "POST"])
def clone(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Show what each machine becomes on `?cloud=`; posting opens the clone as a draft."""
    template = visible_template(request, pk)
    require(may(request.user, Action.EDIT_TEMPLATE, team=template.team))
    version = get_object_or_404(template.versions.select_related("template"), number=number)
    config = parse(version.text).draft or ComputeConfig()
    clouds = list(Cloud.objects.visible_to(request.user).order_by("name"))
    given = request.POST if request.method == "POST" else request.GET
    cloud = next((one for one in clouds if one.name == given.get("cloud")), None)
    source, target = target_of(request, version), target_for(cloud)
    machines = mapped(config, source=source, target=target) if cloud else []
    if request.method == "POST" and cloud:
        new, left_out = cloned(config, cloud=cloud.name, chosen=given.dict(), machines=machines)
        origin = " ".join([f"Cloned from {version} to {cloud}.", *left_out])
        name = f"{template.name}-{cloud.name}"[:63]
        draft = open_draft(
            team=template.team, by=request.user, text=dump(new), name=name, origin=origin
        )
        return redirect("configurations:draft", pk=draft.pk)
    context: dict[str, Any] = {
        "template": template,
        "version": version,
        "clouds": clouds,
        "cloud": cloud,
        "machines": machines,
        "left_out": cloned(config, cloud="", chosen={}, machines=machines)[1] if cloud else [],
        "crumbs": [
            ("Templates", reverse("configurations:templates")),
            (str(version), reverse("configurations:version", args=[pk, number])),
        ],
    }
    return render(request, "configurations/clone.html", context)
