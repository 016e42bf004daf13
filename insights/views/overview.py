"""The first page: what runs, what it costs, what happened."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.models import Team
from accounts.permissions import Action, may
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from clusters.models import Cluster
from clusters.queries.clusters import latest_events
from clusters.queries.folding import folded_events
from clusters.queries.health import attention_of
from insights import ranges
from insights.charts import Chart
from insights.cost_charts import month_chart
from insights.queries.fleet import fleet_of, lines_of
from insights.queries.spend import MonthSpend, month_spend, spenders_of
from insights.use_charts import CPU, Span, cpu_chart
from metering.queries import Scope, utilization_series

SHOWN, TOP = 12, 5


@require_GET
def overview(request: SignedInRequest) -> HttpResponse:
    """Show the team's clusters at a glance; a poll gets the live part alone."""
    team, moment = current_team(request), now()
    is_poll = request.GET.get("part") == "live"
    fleet = fleet_of(team, now=moment)
    month = month_spend(team, now=moment)
    context = {
        "now": moment,
        "team": team,
        "fleet": fleet,
        "lines": lines_of(fleet.standings[:SHOWN], now=moment),
        "month": month,
        "events": folded_events(latest_events(request.user, team=team)),
        "attention": attention_of(request.user, team=team),
        "is_new": not fleet.standings and not Cluster.objects.filter(team=team).exists(),
        "may_operate": may(request.user, Action.OPERATE, team=team),
        "may_launch": may(request.user, Action.LAUNCH, team=team),
        **({} if is_poll else _reports(team, month, moment)),
    }
    part = "#live" if is_poll else ""
    return render(request, f"insights/overview.html{part}", context)


def _reports(team: Team, month: MonthSpend, moment: datetime) -> dict[str, Any]:
    """Return what a poll leaves alone: it changes by the minute at most."""
    spenders = spenders_of(team, month)
    return {
        "chart": _cpu(team, moment),
        "trend": month_chart(month.days, month.days_before) if month.has_cost else None,
        "spenders": spenders[:TOP],
        "spender_links": len(spenders) > TOP,
        "idlers": sorted(spenders, key=lambda line: -line.group.cost.idle)[:TOP],
        "idle_total": sum(line.group.cost.idle for line in spenders),
    }


def _cpu(team: Team, moment: datetime) -> Chart | None:
    since = ranges.chosen("6h", among=ranges.OF_USE, otherwise="6h").since(moment)
    measures = [measure for measure, _, _ in CPU.lines]
    series = utilization_series(
        since=since, until=moment, now=moment, scope=Scope(team_id=team.pk), measures=measures
    )
    span = Span(since=since, until=moment, zone=timezone.get_current_timezone())
    return cpu_chart(series, span=span)
