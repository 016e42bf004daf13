"""The first page: what runs, what it costs, what happened."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
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
from insights.queries.fleet import fleet_of
from insights.queries.use import clusters_between
from insights.use_charts import CPU, cpu_chart
from metering.queries import CostFilter, GroupBy, cost_by_day, utilization_series

SHOWN = 12


@require_GET
def overview(request: SignedInRequest) -> HttpResponse:
    """Show the team's clusters at a glance; a poll gets the live part alone."""
    team, moment = current_team(request), now()
    is_poll = request.GET.get("part") == "live"
    first, last = ranges.month_so_far(moment)
    fleet = fleet_of(team, now=moment)
    wanted = CostFilter(team_ids=[team.pk])
    month = cost_by_day(first=first, last=last, group_by=GroupBy.TEAM, filters=wanted)
    context = {
        "now": moment,
        "team": team,
        "fleet": fleet,
        "lines": fleet.lines[:SHOWN],
        "month": month.total,
        "events": folded_events(latest_events(request.user, team=team)),
        "attention": attention_of(request.user, team=team),
        "is_new": not fleet.lines and not Cluster.objects.filter(team=team).exists(),
        "may_operate": may(request.user, Action.OPERATE, team=team),
        "may_launch": may(request.user, Action.LAUNCH, team=team),
        "chart": None if is_poll else _cpu(team, moment),
    }
    part = "#live" if is_poll else ""
    return render(request, f"insights/overview.html{part}", context)


def _cpu(team: Team, moment: datetime) -> Chart | None:
    since = ranges.chosen("6h", among=ranges.OF_USE, otherwise="6h").since(moment)
    ids = list(clusters_between(team, since=since).values_list("pk", flat=True))
    measures = [measure for measure, _, _ in CPU.lines]
    series = utilization_series(
        since=since, until=moment, now=moment, cluster_ids=ids, measures=measures
    )
    return cpu_chart(series)
