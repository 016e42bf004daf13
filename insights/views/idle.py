"""Idle clusters: their signals, and when they terminate automatically."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.queries import current_team
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from insights import ranges
from insights.choices import choices
from insights.cost_charts import idle_chart
from insights.queries.costs import with_idle
from insights.queries.fleet import fleet_of, lines_of
from insights.views.idle_columns import IDLE, idle_cost_columns
from metering.queries import CostFilter, GroupBy, cost_by_day
from tables.pages import page_of, sorted_rows


@require_GET
def idle(request: SignedInRequest) -> HttpResponse:
    """Show each running cluster's verdict with its signals; a poll gets the live part alone."""
    team, moment = current_team(request), now()
    fleet = fleet_of(team, now=moment)
    if request.GET.get("format") == "csv":
        lines = lines_of(sorted_rows(request, IDLE, fleet.running), now=moment)
        return csv_response("idle", header=IDLE.header, rows=IDLE.lines(lines))
    table = page_of(request, IDLE, fleet.running, identity=lambda row: row.live.pk)
    table.rows = lines_of(table.rows, now=moment)
    first, last = ranges.chosen("14d", among=ranges.OF_COST, otherwise="14d").days(moment)
    wanted = CostFilter(team_ids=[team.pk])
    costs = cost_by_day(first=first, last=last, group_by=GroupBy.TEAM, filters=wanted)
    context = {
        "now": moment,
        "fleet": fleet,
        "table": table,
        "stopping": fleet.stopping_before(moment + timedelta(hours=1)),
        "blind": fleet.blind,
        "spent_idle": costs.total.idle,
        "chart": idle_chart(costs, first=first, last=last),
    }
    part = "#live" if request.GET.get("part") == "live" else ""
    if not part:
        context |= _idle_cost(request, first=first, last=last, filters=wanted)
    return render(request, f"insights/idle.html{part}", context)


def _idle_cost(
    request: SignedInRequest, *, first: date, last: date, filters: CostFilter
) -> dict[str, Any]:
    """Return who or which clusters cost most while idle."""
    group_by = GroupBy.CLUSTER if request.GET.get("by") == "cluster" else GroupBy.USER
    table = cost_by_day(first=first, last=last, group_by=group_by, filters=filters, top=0)
    options = [("user", "Owner"), ("cluster", "Cluster")]
    columns = idle_cost_columns(dict(options)[group_by])
    idle_cost = page_of(request, columns, with_idle(table.groups), identity=lambda group: group.key)
    idle_cost.csv_url = ""
    return {
        "idle_by": group_by,
        "idle_cost": idle_cost,
        "idle_choices": choices(request, "by", options, current=group_by),
    }
