"""The first page: what runs, what it costs, what happened."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.permissions import Action, may
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from clusters.models import Cluster
from clusters.queries import latest_events
from insights.queries.fleet import fleet_of
from insights.ranges import month_so_far
from metering.queries import CostFilter, cost_by_day

SHOWN = 12


@require_GET
def overview(request: SignedInRequest) -> HttpResponse:
    """Show the team's clusters at a glance; a poll gets the live part alone."""
    team, moment = current_team(request), now()
    first, last = month_so_far(moment)
    fleet = fleet_of(team, now=moment)
    context = {
        "now": moment,
        "team": team,
        "fleet": fleet,
        "lines": fleet.lines[:SHOWN],
        "month": cost_by_day(first=first, last=last, filters=CostFilter(team_ids=[team.pk])).total,
        "events": latest_events(request.user, team=team),
        "is_new": not fleet.lines and not Cluster.objects.filter(team=team).exists(),
        "may_launch": may(request.user, Action.LAUNCH, team=team),
    }
    part = "#live" if request.GET.get("part") == "live" else ""
    return render(request, f"insights/overview.html{part}", context)
