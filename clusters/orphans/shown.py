"""Orphans as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.utils.timezone import now

from clusters.models import Cluster, Orphan, OrphanSearch
from domain.orphans import OrphanState


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCost:
    """What resources cost a day together, as far as prices are known."""

    count: int
    microusd: int
    unpriced: int


def orphans() -> QuerySet[Orphan]:
    """Return what is an orphan now, and what was removed lately, each with its cluster's name."""
    of_handle = Cluster.objects.filter(handle=OuterRef("handle"))
    return (
        Orphan.objects.filter(orphan_from__lte=now())
        .select_related("cloud", "removed_by")
        .annotate(
            cluster_name=Subquery(of_handle.values("name")[:1], output_field=CharField()),
            cluster_id=Subquery(of_handle.values("pk")[:1]),
        )
    )


def left() -> QuerySet[Orphan]:
    """Return the orphans that still exist."""
    return orphans().exclude(state=OrphanState.REMOVED)


def cost_of(found: Iterable[Orphan]) -> DailyCost:
    """Return what these cost a day together."""
    prices = [orphan.daily_microusd for orphan in found]
    return DailyCost(
        count=len(prices),
        microusd=sum(price for price in prices if price is not None),
        unpriced=sum(price is None for price in prices),
    )


def searches() -> QuerySet[OrphanSearch]:
    """Return the last search on each cloud that has had one."""
    return OrphanSearch.objects.select_related("cloud").order_by("cloud__name")
