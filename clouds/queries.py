"""What the pages say of clouds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from clouds import catalogue, facts
from clouds.models import Cloud
from domain.offerings import ProviderKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFacts:
    """A cloud with how much is known of it; the dates are of its oldest and newest price."""

    cloud: Cloud
    types: int | None
    priced: int
    oldest: date | None
    newest: date | None
    is_own: bool  # an admin added it, so an admin may change it


def with_facts(clouds: Iterable[Cloud]) -> list[CloudFacts]:
    """Return each cloud with what the catalogue knows of its region."""
    return [_facts(cloud) for cloud in clouds]


def _facts(cloud: Cloud) -> CloudFacts:
    kind = ProviderKind(cloud.provider)
    types, prices = catalogue.types_in(cloud), catalogue.prices_in(cloud)
    dates = [price.as_of for price in facts.prices(kind, cloud.region).values() if price.as_of]
    return CloudFacts(
        cloud=cloud,
        types=None if types is None else len(types),
        priced=len({name for name, _ in prices}),
        oldest=min(dates, default=None),
        newest=max(dates, default=None),
        is_own=kind not in {ProviderKind.LOCAL, ProviderKind.FAKE},
    )
