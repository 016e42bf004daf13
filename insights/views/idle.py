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
from domain.pricing import usd_of
from insights import ranges
from insights.choices import choices
from insights.cost_charts import idle_chart
from insights.queries.costs import by_idle
from insights.queries.fleet import ClusterLine, fleet_of, lines_of
from metering.queries import CostFilter, GroupBy, cost_by_day

SHOWN = 100
IDLE_SHOWN = 20
_HEADER = (
    "cluster", "owner", "status", "reason", "idle_since", "terminates_at", "usd_per_hour",
    "idle_cost_usd",
)  # fmt: skip


@require_GET
def idle(request: SignedInRequest) -> HttpResponse:
    """Show each running cluster's verdict with its signals; a poll gets the live part alone."""
    team, moment = current_team(request), now()
    fleet = fleet_of(team, now=moment)
    running = sorted(fleet.running, key=lambda row: (not row.is_idle, -row.idle_hourly))
    if request.GET.get("format") == "csv":
        return csv_response(
            "idle", header=_HEADER, rows=map(_as_row, lines_of(running, now=moment))
        )
    first, last = ranges.chosen("14d", among=ranges.OF_COST, otherwise="14d").days(moment)
    wanted = CostFilter(team_ids=[team.pk])
    costs = cost_by_day(first=first, last=last, group_by=GroupBy.TEAM, filters=wanted)
    context = {
        "now": moment,
        "fleet": fleet,
        "lines": lines_of(running[:SHOWN], now=moment),
        "hidden": max(0, len(running) - SHOWN),
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
    return {
        "idle_by": group_by,
        "idle_groups": by_idle(table.groups, limit=IDLE_SHOWN),
        "idle_choices": choices(request, "by", options, current=group_by),
    }


def _as_row(line: ClusterLine) -> list[object]:
    verdict = line.verdict
    return [
        line.cluster.name,
        str(line.cluster.owner),
        verdict.state.value,
        verdict.reason,
        verdict.idle_since,
        verdict.stops_at,
        float(usd_of(line.cost.hourly_microusd)),
        float(usd_of(line.wasted)),
    ]
