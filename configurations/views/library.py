"""The library: ready templates, priced for one of the team's clouds, to begin from."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Action, may
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from clouds.models import Cloud
from configurations.library import LIBRARY
from configurations.library_offers import library_offer
from configurations.services.library import open_ready
from configurations.views.editor_page import open_draft_in_editor


@require_GET
def library(request: SignedInRequest) -> HttpResponse:
    """Show the ready templates; `?provider=aws` shows those of one provider."""
    team = current_team(request)
    provider = request.GET.get("provider", "")
    kinds = {ready.provider: ready.provider.label for ready in LIBRARY}
    choices = [("", "All"), *((kind.value, label) for kind, label in kinds.items())]
    shown = [ready for ready in LIBRARY if provider in {"", ready.provider}]
    context = {
        "offers": [library_offer(ready, team=team) for ready in shown],
        "has_cloud": Cloud.objects.usable_by(team).exists(),
        "choices": [
            {"label": label, "url": f"?provider={value}", "current": value == provider}
            for value, label in choices
        ],
        "may_edit": may(request.user, Action.EDIT_TEMPLATE, team=team),
        "crumbs": [("Templates", reverse("configurations:templates"))],
    }
    return render(request, "configurations/library.html", context)


@require_POST
def use(request: SignedInRequest, key: str) -> HttpResponse:
    """Open a ready template as a draft."""
    team = current_team(request)
    return open_draft_in_editor(request, lambda: open_ready(key, team=team, by=request.user))
