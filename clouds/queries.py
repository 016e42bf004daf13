"""Clouds with their catalog, prices, and refreshes, as the pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.utils import timezone

from accounts.models import Team
from clouds import catalogue
from clouds.access import is_own, why_not_launchable
from clouds.facts import PriceList
from clouds.models import CatalogueRefresh, Cloud, RefreshState
from clouds.models.cloud import DEMO_PRICES
from clouds.refreshing import is_lost, whether
from clouds.region_facts import FROM_CLOUD, FROM_PARTS, newest_refreshes
from domain.lifecycle import ClusterState
from domain.offerings import ProviderKind

BUILT_IN = "built-in price list"
_LIVE = {FROM_CLOUD, FROM_PARTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceDates:
    """A source of prices, with the dates of its newest and its oldest price."""

    source: str
    prices: int
    oldest: date | None
    newest: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFacts:
    """A cloud with the size of its catalog and its last refresh."""

    cloud: Cloud
    types: int | None
    priced: int
    price_dates: Sequence[PriceDates]
    is_own: bool  # an admin added it, so an admin may change it
    refresh: CatalogueRefresh | None = None
    why_not: str = ""  # it cannot be refreshed
    refusal: str = ""  # no cluster can be launched on it

    @property
    def is_running(self) -> bool:
        """Whether a refresh is running."""
        return self._state is RefreshState.RUNNING and not self.is_lost

    @property
    def is_lost(self) -> bool:
        """Whether a running refresh is overdue: another may begin."""
        return self.refresh is not None and is_lost(self.refresh, now=timezone.now())

    @property
    def _state(self) -> RefreshState | None:
        return RefreshState(self.refresh.state) if self.refresh else None


def with_facts(clouds: Iterable[Cloud]) -> list[CloudFacts]:
    """Return each cloud with what the catalog has for its region."""
    newest, last = newest_refreshes(), _last_refreshes()
    rows = []
    for cloud in clouds:
        where = (cloud.provider, cloud.region)
        cloud.newest_refresh = newest.get(where)  # saves a query for each cloud
        rows.append(_facts(cloud, last.get(where)))
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamUse:
    """A team, and how many clusters it has on a cloud."""

    team: Team
    clusters: int

    @property
    def value(self) -> str:
        """The team as a form posts it."""
        return str(self.team.pk)


def use_by_team(cloud: Cloud | None = None) -> list[TeamUse]:
    """Return all teams by name, each with the number of its clusters on `cloud`."""
    live: dict[int, int] = {}
    if cloud is not None:
        rows = cloud.cluster_set.exclude(state=ClusterState.TERMINATED).order_by()
        live = dict(rows.values_list("team").annotate(Count("pk")))
    return [TeamUse(team=team, clusters=live.get(team.pk, 0)) for team in Team.objects.all()]


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
        price_dates=_price_dates(catalogue.price_list(cloud)),
        is_own=is_own(cloud),
        refresh=refresh,
        why_not=DEMO_PRICES if cloud.is_demo else whether(kind),
        refusal=why_not_launchable(cloud),
    )


def _price_dates(prices: PriceList) -> list[PriceDates]:
    dates: dict[str, list[date | None]] = {}
    for price in prices.values():
        source = price.source if price.quality in _LIVE else BUILT_IN
        dates.setdefault(source, []).append(price.as_of)
    sources = [_of_source(source, days) for source, days in dates.items()]
    return sorted(sources, key=lambda row: row.newest or date.min, reverse=True)


def _of_source(source: str, dates: Sequence[date | None]) -> PriceDates:
    known = [day for day in dates if day]
    return PriceDates(
        source=source,
        prices=len(dates),
        oldest=min(known, default=None),
        newest=max(known, default=None),
    )
