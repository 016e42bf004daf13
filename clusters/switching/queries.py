"""Which clusters take, or took, another's place, for the pages of both and for the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet

from clusters.models import Cluster, Switch
from domain.lifecycle import LIVE_CLUSTER_STATES, ClusterTarget
from domain.pricing import microusd
from domain.promotions.switches import OPEN_SWITCH_STATES
from domain.wording import usd
from promotions.models import ChangeRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideCosts:
    """What new clusters beside those that follow a release cost at most; "" where unknown."""

    clusters: Sequence[Cluster]
    each: str  # per hour
    all: str


def open_switches_of(cluster: Cluster) -> Sequence[Switch]:
    """Return the switches under way that the cluster is a side of."""
    return list(_open().filter(Q(old=cluster) | Q(new=cluster)))


def note_switches(clusters: Iterable[Cluster]) -> None:
    """Give each cluster the newest switch under way that it is a side of, as `switch`; or None."""
    rows = {cluster.pk: cluster for cluster in clusters}
    for cluster in rows.values():
        cluster.switch = None  # type: ignore[attr-defined]
    for switch in _open().filter(Q(old__in=rows) | Q(new__in=rows)):
        for side in (switch.old_id, switch.new_id):
            if side in rows:
                rows[side].switch = switch  # type: ignore[attr-defined]


def costs_beside(request: ChangeRequest) -> BesideCosts:
    """Return what it costs at most while each running cluster has a new one beside it."""
    rows = Cluster.objects.filter(
        release__environment=request.environment_id,
        release__template=request.template_id,
        target=ClusterTarget.RUNNING,
        state__in=sorted(LIVE_CLUSTER_STATES),
    )
    clusters = list(rows.order_by("name"))
    most = request.evidence.get("prices", {}).get("most")
    if most is None:
        return BesideCosts(clusters=clusters, each="", all="")
    hourly = microusd(Decimal(most))
    return BesideCosts(clusters=clusters, each=usd(hourly), all=usd(hourly * len(clusters)))


def _open() -> QuerySet[Switch]:
    return Switch.objects.filter(state__in=OPEN_SWITCH_STATES).select_related("old", "new")
