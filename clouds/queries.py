"""What the pages say of clouds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from clouds import catalogue
from clouds.facts import PriceList
from clouds.models import CatalogueRefresh, Cloud, RefreshState
from clouds.refreshing import is_lost, whether
from clouds.region_facts import FROM_CLOUD, FROM_PARTS, newest_refreshes
from domain.offerings import ProviderKind
from providers import registry

BUILT_IN = "Mobula's files"
_LIVE = {FROM_CLOUD, FROM_PARTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who says what some prices are, and from when the newest and the oldest of them are."""

    source: str
    prices: int
    oldest: date | None
    newest: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFacts:
    """A cloud with how much is known of it, and the last time that it was asked itself."""

    cloud: Cloud
    types: int | None
    priced: int
    told: Sequence[Told]
    is_own: bool  # an admin added it, so an admin may change it
    refresh: CatalogueRefresh | None = None
    why_not: str = ""  # it cannot be refreshed

    @property
    def is_running(self) -> bool:
        """Whether a worker asks it now, as far as one knows."""
        return self._state is RefreshState.RUNNING and not self.is_lost

    @property
    def is_lost(self) -> bool:
        """Whether its worker is not heard of any more: it may be asked again."""
        return self.refresh is not None and is_lost(self.refresh, now=timezone.now())

    @property
    def _state(self) -> RefreshState | None:
        return RefreshState(self.refresh.state) if self.refresh else None


def with_facts(clouds: Iterable[Cloud]) -> list[CloudFacts]:
    """Return each cloud with what the catalogue knows of its region."""
    newest, last = newest_refreshes(), _last_refreshes()
    found = []
    for cloud in clouds:
        where = (cloud.provider, cloud.region)
        cloud.newest_refresh = newest.get(where)  # so that it is not asked for each cloud
        found.append(_facts(cloud, last.get(where)))
    return found


def _last_refreshes() -> dict[tuple[str, str], CatalogueRefresh]:
    rows = CatalogueRefresh.objects.order_by("provider", "region", "-started_at", "-pk")
    newest = rows.distinct("provider", "region").select_related("asked_by")
    return {(row.provider, row.region): row for row in newest}


def _facts(cloud: Cloud, refresh: CatalogueRefresh | None) -> CloudFacts:
    kind = ProviderKind(cloud.provider)
    types = catalogue.types_in(cloud)
    return CloudFacts(
        cloud=cloud,
        types=None if types is None else len(types),
        priced=len({name for name, _ in catalogue.prices_in(cloud)}),
        told=_told(catalogue.price_list(cloud)),
        is_own=registry.traits_of(kind).can_be_added,
        refresh=refresh,
        why_not=whether(kind),
    )


def _told(prices: PriceList) -> list[Told]:
    dates: dict[str, list[date | None]] = {}
    for price in prices.values():
        source = price.source if price.quality in _LIVE else BUILT_IN
        dates.setdefault(source, []).append(price.as_of)
    found = [_of_source(source, said) for source, said in dates.items()]
    return sorted(found, key=lambda one: one.newest or date.min, reverse=True)


def _of_source(source: str, dates: Sequence[date | None]) -> Told:
    known = [one for one in dates if one]
    return Told(
        source=source,
        prices=len(dates),
        oldest=min(known, default=None),
        newest=max(known, default=None),
    )
