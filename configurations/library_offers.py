"""The library's templates as a team is offered them: written and priced for a cloud of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Team
from clouds import facts
from clouds.access import why_not_launchable
from clouds.models import Cloud
from configurations.library import LIBRARY, Ready
from configurations.price_lines import PriceLine, lines_of
from configurations.targets import target_for
from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.estimate import estimate
from domain.offerings import ProviderKind
from domain.yaml.text import parse
from providers import registry


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryOffer:
    """A ready template as a page shows it: for a cloud of the team's, or without one."""

    ready: Ready
    cloud: str
    text: str
    prices: list[PriceLine]
    where: str
    refusal: str  # why it cannot be launched as it is


def library_offer(ready: Ready, *, team: Team) -> LibraryOffer:
    """Return the template for the first of the team's clouds that fits."""
    rows = Cloud.objects.usable_by(team).filter(provider=ready.provider).order_by("name")
    cloud = rows.first()
    text = ready.text_for(cloud.name if cloud else "")
    config = parse(text).draft
    target = target_for(cloud) if cloud else _by_facts(ready.provider)
    return LibraryOffer(
        ready=ready,
        cloud=cloud.name if cloud else "",
        text=text,
        prices=lines_of(estimate(config, target=target)) if config else [],
        where=f"on {cloud}, {cloud.region}" if cloud else f"in {target.region}",
        refusal=why_not_launchable(cloud) if cloud else _without_cloud(ready.provider, team),
    )


def _without_cloud(provider: ProviderKind, team: Team) -> str:
    if not registry.has_driver(provider):
        return registry.no_driver(provider)
    return f"Team {team} has no cloud on {provider.label}. Ask an installation admin for one."


def launchable_offers(team: Team) -> Sequence[LibraryOffer]:
    """Return the offers that can be launched as they are: on a cloud of the team's."""
    drivable = [ready for ready in LIBRARY if registry.has_driver(ready.provider)]
    offers = [library_offer(ready, team=team) for ready in drivable]
    return [offer for offer in offers if not offer.refusal]


def _by_facts(provider: ProviderKind) -> RegionCatalogue:
    region = registry.traits_of(provider).default_region
    return facts.target_of_facts(provider, region=region) if region else ANYWHERE
