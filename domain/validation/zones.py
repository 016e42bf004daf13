"""Checks of zones: those of the region, with the types wanted, and enough of them."""

import re
from collections.abc import Iterator, Mapping

from domain.catalogue.provider import ProviderTraits
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, NodeConfig
from domain.problems import (
    Problem,
    did_you_mean,
    error,
    nearest,
    removing,
    setting,
    shown,
    warning,
)


def zone_problems(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with the zones, and with what is to run in them."""
    yield from _list(config)
    yield from _zones_of_the_region(config, target)
    yield from _types_in_zones(config, target)
    yield from _across_zones(config)


def _list(config: ComputeConfig) -> Iterator[Problem]:
    if config.zones is None:
        return
    if not config.zones:
        hint = "Leave `zones` out to allow all zones of the region."
        message = "`zones` must not be an empty list."
        yield error("zones", "zones-empty", message, hint=hint, fix=removing("zones"))
    for index, zone in enumerate(config.zones):
        if zone in config.zones[:index]:
            path, message = f"zones[{index}]", f"The zone {shown(zone)} is listed twice."
            fix = removing(path, label="Remove the second")
            yield warning(path, "duplicate-zone", message, hint="Remove one.", fix=fix)


def _zones_of_the_region(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    traits = target.traits
    if config.zones and not traits.has_zones:
        message = f"There are no zones on {traits.name}."
        yield warning("zones", "no-zones-here", message, fix=removing("zones"))
        return
    for index, zone in enumerate(config.zones or ()):
        path = f"zones[{index}]"
        if target.zones is not None and zone not in target.zones:
            near = nearest(zone, target.zones)
            hint = did_you_mean(zone, target.zones) or f"Zones: {', '.join(sorted(target.zones))}."
            message = f"The region {target.region} has no zone {shown(zone)}."
            fix = setting(path, near) if near else None
            yield error(path, "unknown-zone", message, hint=hint, fix=fix)
        elif target.zones is None and not _looks_right(zone, target.region, traits):
            message = f"{shown(zone)} is not a zone of the region {target.region}."
            hint = "Write a zone of the cloud's region, or choose a cloud in the other region."
            yield error(path, "zone-of-other-region", message, hint=hint)


def _looks_right(zone: str, region: str, traits: ProviderTraits) -> bool:
    if not region:
        return True
    return re.fullmatch(traits.zone.format(region=re.escape(region)), zone) is not None


def _types_in_zones(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    """Zones that do not offer a type are no help to its group."""
    if not config.zones:
        return
    nodes: dict[str, NodeConfig] = {"head_node": config.head_node or NodeConfig()}
    nodes |= {f"worker_nodes[{index}]": group for index, group in enumerate(config.groups)}
    for path, node in nodes.items():
        known = target.type_named(node.instance_type)
        if known is None or known.zones is None:
            continue
        without = [zone for zone in config.zones if zone not in known.zones]
        at, offered = f"{path}.instance_type", ", ".join(sorted(known.zones)) or "none"
        hint = f"Zones that have it: {offered}."
        if len(without) == len(config.zones):
            message = f"{shown(known.name)} is not offered in any of the zones."
            yield error(at, "type-not-in-zones", message, hint=hint)
        elif without:
            message = f"{shown(known.name)} is not offered in {', '.join(without)}."
            yield warning(at, "type-in-some-zones", message, hint=hint)


def _across_zones(config: ComputeConfig) -> Iterator[Problem]:
    if not config.enable_cross_zone_scaling:
        return
    path = "enable_cross_zone_scaling"
    if config.zones is not None and len(set(config.zones)) == 1:
        message = "Workers are spread across zones, but only one zone is allowed."
        hint = "Add zones, or turn it off."
        fix = removing(path, label="Turn it off")
        yield warning(path, "cross-zone-in-one-zone", message, hint=hint, fix=fix)
    for at, what in _tied_together(config):
        message = f"{what} keeps machines in one zone, but workers are spread across zones."
        hint = f"Turn `{path}` off, or remove it."
        single = removing(path, label="Keep to one zone")
        yield error(at, "cross-zone-placement", message, hint=hint, fix=single)


_IN_ONE_ZONE = {
    "SubnetId": "A subnet",
    "reservationAffinity": "A reservation",
}


def _tied_together(config: ComputeConfig) -> Iterator[tuple[str, str]]:
    if "efa_config" in config.flags:
        yield "flags.efa_config", "EFA"
    blocks: dict[str, Mapping[str, object]] = {
        "advanced_instance_config": config.advanced_instance_config
    }
    for index, group in enumerate(config.groups):
        at = f"worker_nodes[{index}].advanced_instance_config"
        blocks[at] = group.advanced_instance_config or {}
    for at, block in blocks.items():
        placement = block.get("Placement")
        if isinstance(placement, Mapping) and placement.get("GroupName"):
            yield f"{at}.Placement.GroupName", "The placement group"
        reserved = block.get("CapacityReservationSpecification")
        if isinstance(reserved, Mapping) and reserved.get("CapacityReservationTarget"):
            yield f"{at}.CapacityReservationSpecification", "A reservation"
        for key, what in _IN_ONE_ZONE.items():
            if block.get(key):
                yield f"{at}.{key}", what
