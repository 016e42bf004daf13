"""The library's templates, priced for a cloud of the user's, and opened as drafts."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.errors import NotFound
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from clouds import facts
from clouds.models import Cloud
from configurations.library import LIBRARY, Ready, ready
from configurations.models import Draft
from configurations.price_lines import PriceLine, lines_of
from configurations.services.drafts import open_draft
from configurations.targets import target_for
from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.estimate import estimate
from domain.offerings import ProviderKind
from domain.yaml.text import parse

# Where a template is priced for a user who has no cloud for it.
_REGIONS = {ProviderKind.AWS: "us-east-1", ProviderKind.GCP: "us-central1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryOffer:
    """A ready template for a cloud of the user's, or without one."""

    ready: Ready
    cloud: str
    text: str
    prices: list[PriceLine]
    where: str


def library_offers(user: User, *, provider: str = "") -> list[LibraryOffer]:
    """Return the library's templates of one provider, or all, priced for the user's clouds."""
    return [_offer(item, user) for item in LIBRARY if provider in {"", item.provider}]


def open_ready(key: str, *, team: Team, by: User) -> Draft:
    """Return a draft with the library's template of that key; raises `NotFound`."""
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    item = ready(key)
    if item is None:
        raise NotFound("The library has no such template.")
    offer = _offer(item, by)
    origin = f"From the library: {item.title}."
    if not offer.cloud:
        origin += f" Name a cloud of yours on {item.provider.label}."
    return open_draft(team=team, by=by, text=offer.text, name=key, origin=origin)


def _offer(item: Ready, user: User) -> LibraryOffer:
    """Return the template for the first of the user's clouds that fits."""
    rows = Cloud.objects.visible_to(user).filter(provider=item.provider).order_by("name")
    cloud = rows.first()
    text = item.text_for(cloud.name if cloud else "")
    config = parse(text).draft
    target = target_for(cloud) if cloud else _by_facts(item.provider)
    return LibraryOffer(
        ready=item,
        cloud=cloud.name if cloud else "",
        text=text,
        prices=lines_of(estimate(config, target=target)) if config else [],
        where=f"on {cloud}, {cloud.region}" if cloud else f"in {target.region}",
    )


def _by_facts(provider: ProviderKind) -> RegionCatalogue:
    region = _REGIONS.get(provider)
    return facts.target_of_facts(provider, region=region) if region else ANYWHERE
