"""The library: ready templates, priced for one of the user's clouds, to begin from."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from clouds import facts
from clouds.models import Cloud
from configurations.library import LIBRARY, Ready, ready
from configurations.price_lines import PriceLine, lines_of
from configurations.services.drafts import open_draft
from configurations.targets import target_for
from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.estimate import estimate
from domain.offerings import ProviderKind
from domain.yaml.text import parse
from providers import registry


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryOffer:
    """A ready template as the page shows it: for a cloud of the user's, or without one."""

    ready: Ready
    cloud: str
    text: str
    prices: list[PriceLine]
    where: str


@require_GET
def library(request: SignedInRequest) -> HttpResponse:
    """Show the ready templates; `?provider=aws` shows those of one provider."""
    team = current_team(request)
    asked = request.GET.get("provider", "")
    kinds = {one.provider: one.provider.label for one in LIBRARY}
    choices = [("", "All"), *((kind.value, label) for kind, label in kinds.items())]
    context = {
        "offers": [_offer(one, request.user) for one in LIBRARY if asked in {"", one.provider}],
        "choices": [
            {"label": label, "url": f"?provider={value}", "current": value == asked}
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
    require(may(request.user, Action.EDIT_TEMPLATE, team=team))
    found = ready(key)
    if found is None:
        raise Http404("The library has no such template.")
    offer = _offer(found, request.user)
    origin = f"From the library: {found.title}."
    if not offer.cloud:
        origin += f" Name a cloud of yours on {found.provider.label}."
    draft = open_draft(team=team, by=request.user, text=offer.text, name=key, origin=origin)
    return redirect("configurations:draft", pk=draft.pk)


def _offer(one: Ready, user: User) -> LibraryOffer:
    """Return the template for the first of the user's clouds that fits."""
    rows = Cloud.objects.visible_to(user).filter(provider=one.provider).order_by("name")
    cloud = rows.first()
    text = one.text_for(cloud.name if cloud else "")
    config = parse(text).draft
    target = target_for(cloud) if cloud else _by_facts(one.provider)
    return LibraryOffer(
        ready=one,
        cloud=cloud.name if cloud else "",
        text=text,
        prices=lines_of(estimate(config, target=target)) if config else [],
        where=f"on {cloud}, {cloud.region}" if cloud else f"in {target.region}",
    )


def _by_facts(provider: ProviderKind) -> RegionCatalogue:
    region = registry.traits_of(provider).default_region
    return facts.target_of_facts(provider, region=region) if region else ANYWHERE
