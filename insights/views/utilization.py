"""How much of what there was has been used: the team, one cluster, or one node."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.queries import current_team
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clusters.models import Cluster, Node
from insights import ranges
from insights.choices import address_with, choices
from insights.queries.use import clusters_between, use_by_cluster, use_by_node
from insights.use_charts import use_charts
from insights.views.asked import asked_cluster
from metering.measures import MEASURES
from metering.queries import Series, last_samples, utilization_series

SHOWN = 100


@require_GET
def utilization(request: SignedInRequest) -> HttpResponse:
    """Show use over time and the rows it is made of; `?cluster=` and `&node=` look closer."""
    moment, cluster = now(), asked_cluster(request)
    node = _asked_node(request, cluster)
    chosen = ranges.chosen(request.GET.get("range"), among=ranges.OF_USE, otherwise="6h")
    since = chosen.since(moment)
    clusters = clusters_between(current_team(request), since=since)
    ids = [cluster.pk] if cluster else list(clusters.values_list("pk", flat=True))
    series = utilization_series(
        since=since, until=moment, now=moment, cluster_ids=ids, node=node.name if node else None
    )
    if request.GET.get("format") == "csv":
        return _as_csv(series)
    if cluster:
        rows = use_by_node(cluster.pk, since=since, now=moment)
    else:
        rows = use_by_cluster(clusters, since=since, now=moment)
    context = {
        "cluster": cluster,
        "node": node,
        "range": chosen,
        "rows": rows[:SHOWN],
        "hidden": max(0, len(rows) - SHOWN),
        "charts": use_charts(series, as_tables=request.GET.get("view") == "tables"),
        "measured_at": _newest(ids),
        "late_after": 90,
        **_frame(request, chosen, cluster, node),
    }
    return render(request, "insights/utilization.html", context)


def _asked_node(request: SignedInRequest, cluster: Cluster | None) -> Node | None:
    name = request.GET.get("node")
    if not name or cluster is None:
        return None
    node = cluster.nodes.select_related("group").filter(name=name).first()
    if node is None:
        raise Http404(f"Cluster {cluster} has no node '{name}'.")
    return node


def _newest(ids: Collection[UUID]) -> Any:
    return max(last_samples(ids).values(), default=None)


def _frame(
    request: SignedInRequest, chosen: ranges.TimeRange, cluster: Cluster | None, node: Node | None
) -> dict[str, Any]:
    view = "tables" if request.GET.get("view") == "tables" else "charts"
    views = [("charts", "Charts"), ("tables", "Tables")]
    lengths = [(span.key, span.key) for span in ranges.OF_USE]
    crumbs = [("Utilization", address_with(request, cluster=None, node=None))] if cluster else []
    if cluster and node:
        crumbs.append((cluster.name, address_with(request, node=None)))
    return {
        "crumbs": crumbs,
        "range_choices": choices(request, "range", lengths, current=chosen.key),
        "view_choices": choices(request, "view", views, current=view),
        "view": view,
        "csv_url": address_with(request, format="csv"),
    }


def _as_csv(series: Series) -> HttpResponse:
    columns = [series.means[measure] for measure in MEASURES]
    rows = zip(series.times, *columns, strict=True)
    return csv_response("utilization", header=["time", *MEASURES], rows=rows)
