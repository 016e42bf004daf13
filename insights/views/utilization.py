"""How much of what there was has been used, and what the rest cost: the team, a cluster, a node."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.models import Team, User
from accounts.queries import current_team, members
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clusters.models import Cluster, Node
from configurations.models import Template
from insights import ranges
from insights.choices import address_with, choices
from insights.queries.use import use_by_cluster, use_by_node
from insights.use_charts import Span, use_charts
from insights.views.asked import asked_cluster, asked_number
from insights.views.use_columns import USE_OF_CLUSTERS, USE_OF_NODES, totals_of
from metering.measures import MEASURES
from metering.queries import (
    Scope,
    Series,
    UseOrder,
    Waste,
    use_over_time,
)
from tables.pages import order_of, page_by_number, page_of, start_of


@require_GET
def utilization(request: SignedInRequest) -> HttpResponse:
    """Show use over time and the rows it is made of; `?cluster=` and `&node=` look closer."""
    moment, cluster = now(), asked_cluster(request)
    team = cluster.team if cluster else current_team(request)
    named = _named_cluster(request, team)
    if named:
        return redirect(
            request.path + address_with(request, name=None, cluster=str(named.pk), node=None)
        )
    node = _asked_node(request, cluster)
    chosen = ranges.chosen(request.GET.get("range"), among=ranges.OF_USE, otherwise="6h")
    since, scope = chosen.since(moment), _asked_scope(request, team)
    which: dict[str, Any] = {"since": since, "until": moment, "now": moment, "scope": scope}
    if cluster:
        which |= {
            "scope": None, "cluster_ids": [cluster.pk], "node": node.name if node else None,
        }  # fmt: skip
    use = use_over_time(**which)
    series = use.series
    if request.GET.get("format") == "csv":
        return _as_csv(series)
    span = Span(since=since, until=moment, zone=timezone.get_current_timezone())
    as_tables = request.GET.get("view") == "tables"
    charts = use_charts(series, span=span, spread=use.spread, as_tables=as_tables)
    found = _nodes(request, cluster, span) if cluster else _clusters(request, chosen.key, scope)
    context = {
        "cluster": cluster,
        "node": node,
        "range": chosen,
        "zone": span.zone,
        "charts": charts,
        "measured_at": min(series.times[-1] + series.step, moment) if series.times else None,
        "late_after": max(120, series.step.total_seconds() + 90),
        "rows": found["table"].rows,
        **found,
        **_filters(request, team, scope),
        **_frame(request, chosen, cluster, node),
    }
    return render(request, "insights/utilization.html", context)


def _clusters(request: SignedInRequest, window: str, scope: Scope) -> dict[str, Any]:
    order = order_of(request, USE_OF_CLUSTERS)
    found, rows = use_by_cluster(
        window,
        scope,
        order=UseOrder(order.column.key),
        ascending=not order.descending,
        start=start_of(request, USE_OF_CLUSTERS),
        size=USE_OF_CLUSTERS.size,
    )
    table = page_by_number(request, USE_OF_CLUSTERS, rows, total=found.count)
    waste = Waste(held_unused=found.held_unused, unreserved=found.unreserved, paid=found.paid)
    table.csv_url, table.totals = "", totals_of(waste, count=found.count)
    return {"table": table, "total": waste, "computed_at": found.computed_at}


def _nodes(request: SignedInRequest, cluster: Cluster, span: Span) -> dict[str, Any]:
    rows = use_by_node(cluster.pk, since=span.since, now=span.until)
    wastes = [row.waste for row in rows if row.waste]
    table = page_of(request, USE_OF_NODES, rows, identity=lambda row: row.key)
    table.csv_url = ""
    if not wastes:
        return {"table": table, "total": None}
    total = Waste(
        held_unused=sum(waste.held_unused for waste in wastes),
        unreserved=sum(waste.unreserved for waste in wastes),
        paid=sum(waste.paid for waste in wastes),
    )
    table.totals = totals_of(total, count=len(rows))
    return {"table": table, "total": total}


def _asked_scope(request: SignedInRequest, team: Team) -> Scope:
    return Scope(
        team_id=team.pk,
        template_id=asked_number(request, "template"),
        owner_id=asked_number(request, "user"),
    )


def _named_cluster(request: SignedInRequest, team: Team) -> Cluster | None:
    """Return the team's newest cluster of the name that was typed into the filter."""
    name = request.GET.get("name", "").strip()
    if not name:
        return None
    return Cluster.objects.filter(team=team, name=name).order_by("-created_at").first()


def _asked_node(request: SignedInRequest, cluster: Cluster | None) -> Node | None:
    name = request.GET.get("node")
    if not name or cluster is None:
        return None
    node = cluster.nodes.select_related("group").filter(name=name).first()
    if node is None:
        raise Http404(f"Cluster {cluster} has no node '{name}'.")
    return node


def _filters(request: SignedInRequest, team: Team, scope: Scope) -> dict[str, Any]:
    """Return what the filters offer; choices that are not of this team are 404."""
    templates = list(Template.objects.filter(team=team).order_by("name").values_list("pk", "name"))
    users = [(membership.user.pk, str(membership.user)) for membership in members(team)]
    if scope.template_id and scope.template_id not in dict(templates):
        raise Http404(f"Team {team} has no template {scope.template_id}.")
    if scope.owner_id and scope.owner_id not in dict(users):
        former = User.objects.filter(cluster__team=team, pk=scope.owner_id).first()
        if former is None:
            raise Http404(f"User {scope.owner_id} owns no clusters of {team}.")
        users.append((former.pk, str(former)))
    return {
        "templates": templates,
        "users": users,
        "template_id": scope.template_id,
        "owner_id": scope.owner_id,
        "unknown_name": request.GET.get("name", "").strip(),
        "kept": [(name, value) for name, value in request.GET.items() if name in {"range", "view"}],
        "is_filtered": bool(scope.template_id or scope.owner_id),
        "unfiltered_url": address_with(request, template=None, user=None, name=None),
    }


def _frame(
    request: SignedInRequest, chosen: ranges.TimeRange, cluster: Cluster | None, node: Node | None
) -> dict[str, Any]:
    view = "tables" if request.GET.get("view") == "tables" else "charts"
    views = [("charts", "Charts"), ("tables", "Tables")]
    lengths = [(span.key, span.key) for span in ranges.OF_USE]
    crumbs = [("Utilization", address_with(request, cluster=None, node=None))] if cluster else []
    if cluster and node:
        crumbs.append((cluster.name, address_with(request, node=None)))
    cost_of = {"cluster": str(cluster.pk)} if cluster else {}
    return {
        "crumbs": crumbs,
        "range_choices": choices(request, "range", lengths, current=chosen.key),
        "view_choices": choices(request, "view", views, current=view),
        "view": view,
        "csv_url": address_with(request, format="csv"),
        "cost_query": urlencode(cost_of),
    }


def _as_csv(series: Series) -> HttpResponse:
    columns = [series.means[measure] for measure in MEASURES]
    rows = zip(series.times, *columns, strict=True)
    return csv_response("utilization", header=["time", *MEASURES], rows=rows)
