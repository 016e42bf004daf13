"""What a configuration is checked against and priced for: a cloud with its rate card."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.timezone import now

from accounts.models import Team
from clouds import catalogue
from clouds.access import usable_cloud
from clouds.models import Cloud
from configurations.models import Version
from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.offerings import InstanceType, Market, Prices, ProviderKind
from domain.pricing import RateCard, hourly_usd
from domain.yaml.text import parse
from metering.rates import current_rate, rate_card
from providers import registry


def target_for(cloud: Cloud | None) -> RegionCatalogue:
    """Return what is known of `cloud` now; of no cloud in particular, nothing is."""
    if cloud is None:
        return ANYWHERE
    kind = ProviderKind(cloud.provider)
    types, card = catalogue.types_in(cloud), _card(cloud)
    return RegionCatalogue(
        traits=registry.traits_of(kind),
        region=cloud.region,
        types=types,
        zones=catalogue.zones_in(cloud),
        prices=_prices(cloud, types or {}, card),
        card=card,
    )


def target_named(name: str | None, *, team: Team) -> RegionCatalogue:
    """Return what is known of the cloud of that name, as far as the team may use it."""
    return target_for(usable_cloud(name, team=team))


def target_of(version: Version) -> RegionCatalogue:
    """Return what is known of the cloud that a version names, as far as its team may use it."""
    config = parse(version.text).draft
    return target_named(config.cloud if config else None, team=version.template.team)


def _prices(cloud: Cloud, types: Mapping[str, InstanceType], card: RateCard | None) -> Prices:
    """Cloud list prices; the rate card's for what it names no price for."""
    own = catalogue.prices_in(cloud)
    if card is None:
        return own
    # A rate card knows no markets: as spot, a machine costs what it always costs.
    unpriced = [one for one in types.values() if (one.name, Market.ON_DEMAND) not in own]
    by_card = {(one.name, market): _price(card, one) for one in unpriced for market in Market}
    return {**by_card, **own}


def _card(cloud: Cloud) -> RateCard | None:
    row = current_rate(cloud.pk, now(), kind=cloud.provider)
    return rate_card(row) if row else None


def _price(card: RateCard, one: InstanceType) -> Decimal:
    return hourly_usd(card, vcpus=one.vcpus, memory_bytes=one.memory_bytes, gpus=one.gpus)
