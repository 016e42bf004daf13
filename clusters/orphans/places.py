"""The places where resources are looked for: accounts and regions of clouds, each once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clouds.drivers import driver_for
from clouds.models import Cloud
from domain.offerings import ProviderKind
from providers import registry
from providers.base import InvalidRequest, ProviderError
from providers.inventory import OwnedInventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One account in one region: its clouds, the oldest of which stands for it."""

    cloud: Cloud
    clouds: Sequence[int]
    inventory: OwnedInventory


def searchable() -> list[Cloud]:
    """Return the clouds whose kind of provider has a driver, the oldest first."""
    rows = Cloud.objects.order_by("pk")
    return [cloud for cloud in rows if registry.has_driver(ProviderKind(cloud.provider))]


def place_of(cloud: Cloud) -> Place | None:
    """Return the place of a cloud; None where its driver lists nothing of its installation.

    Raises `ProviderError` where the driver cannot be opened.
    """
    driver = driver_for(cloud)
    if not isinstance(driver, OwnedInventory):
        return None
    clouds = list(_at(driver.place, cloud))
    return Place(cloud=clouds[0], clouds=[one.pk for one in clouds], inventory=driver)


def inventory_of(cloud: Cloud) -> OwnedInventory:
    """Return what lists a cloud's resources; raises `ProviderError` where nothing does."""
    driver = driver_for(cloud)
    if not isinstance(driver, OwnedInventory):
        raise InvalidRequest(f"Cloud {cloud} does not list its resources.")
    return driver


def _at(place: str, cloud: Cloud) -> Iterable[Cloud]:
    same = Cloud.objects.filter(provider=cloud.provider, region=cloud.region).order_by("pk")
    for other in same:
        try:
            if other.pk == cloud.pk or driver_for(other).place == place:
                yield other
        except ProviderError:
            continue  # one that cannot be opened is a place of its own
