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
from domain.catalogue.matching import types_for
from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.configuration.spec import ComputeConfig, NodeConfig
from domain.offerings import InstanceType, Market, Prices, ProviderKind
from domain.pricing import RateCard, hourly_usd
from domain.yaml.text import parse
from images.models import ImageVersion
from images.queries import find_version
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
        connected_zones=_connected_zones(cloud),
        prices=_prices(cloud, types or {}, card),
        card=card,
    )


def _connected_zones(cloud: Cloud) -> frozenset[str]:
    """Return the zones for which the cloud's settings name a subnet; none: it has no such rule."""
    key = registry.traits_of(ProviderKind(cloud.provider)).subnets_setting
    subnets = cloud.settings.get(key) if key else None
    # A driver refuses settings of another form: then that is what is wrong with the cloud.
    return frozenset(subnets) if isinstance(subnets, Mapping) else frozenset()


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


def image_of(config: ComputeConfig, *, target: RegionCatalogue, team: Team) -> ImageVersion | None:
    """Return the image that the configuration names, or the team's default for its machines."""
    pulled = target.traits.pulls_images
    has_gpus = pulled and _has_gpus(config, target)
    return find_version(config.mobula.image, team=team, pulled=pulled, has_gpus=has_gpus)


def misplaced(image: ImageVersion, *, target: RegionCatalogue) -> str:
    """Return why nodes of `target` cannot run the image, with the way out; "" where they can."""
    traits = target.traits
    if traits.kind is None or image.is_registry_image is traits.pulls_images:
        return ""
    if image.is_registry_image:
        return (
            f"Image {image} is in a registry, and nodes on {traits.name} run a Ray "
            "that is installed there. Use local-ray."
        )
    return (
        f"Image {image} is a Ray of Mobula's own machine. Nodes on {traits.name} pull their image "
        "from a registry: use one such as ray."
    )


def _has_gpus(config: ComputeConfig, target: RegionCatalogue) -> bool:
    nodes = [config.head_node or NodeConfig(), *config.groups]
    return any(
        machine.gpus
        for node in nodes
        for machine in types_for(node, target, market=Market.ON_DEMAND)
    )
