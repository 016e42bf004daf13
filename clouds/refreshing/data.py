"""A cloud's whole answer on one region: read, doubted, and put in the former one's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import models

from clouds.models import CataloguePrice, CatalogueRate, CatalogueType
from clouds.region_facts import FROM_CLOUD, FROM_PARTS
from domain.offerings import InstanceType, ProviderKind
from providers.base import FamilyRate, MachinePrice, PriceSource

BATCH = 1000
# An answer with less than a tenth of what was known is a mistake, not news.
LEAST_SHARE = 10


class Implausible(Exception):
    """The answer is not believed; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionAnswer:
    """What a cloud said of one region."""

    types: Sequence[InstanceType]
    prices: Sequence[MachinePrice]
    rates: Sequence[FamilyRate] = ()


def read(source: PriceSource, region: str) -> RegionAnswer:
    """Return the whole answer; raises ProviderError if any part of it is missing."""
    return RegionAnswer(
        types=source.machine_types(region),
        prices=source.prices(region),
        rates=source.family_rates(region),
    )


def check(answer: RegionAnswer, *, kind: ProviderKind, region: str, before: int) -> None:
    """Raise `Implausible` for an answer that is empty or absurdly small."""
    count, priced = len(answer.types), len({price.instance_type for price in answer.prices})
    if not count or count * LEAST_SHARE < before:
        raise Implausible(
            f"{kind.label} returned {count} machine types in {region}; {before} are known. "
            "The result was rejected and nothing was changed. Check the cloud's region and the "
            "permissions of its credentials, then refresh again."
        )
    if not priced:
        raise Implausible(
            f"{kind.label} returned no prices in {region}. The result was rejected and nothing was "
            "changed. Check the permissions of the credentials, then refresh again."
        )


def put_in_place(answer: RegionAnswer, *, kind: ProviderKind, region: str) -> None:
    """Replace the region's rows; the caller's transaction makes it all or nothing."""
    where = {"provider": kind.value, "region": region}
    _replace(CatalogueType, [_type(instance_type, where) for instance_type in answer.types], where)
    _replace(CataloguePrice, [_price(price, where) for price in answer.prices], where)
    _replace(
        CatalogueRate, [CatalogueRate(**where, **asdict(rate)) for rate in answer.rates], where
    )


def _replace[M: models.Model](model: type[M], rows: list[M], where: dict[str, str]) -> None:
    model._default_manager.filter(**where).delete()  # noqa: SLF001 - Django's name for it
    model._default_manager.bulk_create(rows, batch_size=BATCH)  # noqa: SLF001


def _type(one: InstanceType, where: dict[str, str]) -> CatalogueType:
    return CatalogueType(**where, **asdict(one) | {"zones": sorted(one.zones or ())})


def _price(one: MachinePrice, where: dict[str, str]) -> CataloguePrice:
    return CataloguePrice(
        **where,
        instance_type=one.instance_type,
        market=one.market.value,
        zone=one.zone,
        usd_per_hour=one.usd_per_hour,
        as_of=one.as_of,
        source=one.source,
        quality=FROM_PARTS if one.is_derived else FROM_CLOUD,
    )
