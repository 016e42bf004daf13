"""What was spent: by day, by group, by part; every total is the sum of its parts."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.queries import current_team
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from domain.pricing import MICROUSD_PER_USD, usd_of
from domain.wording import number
from insights import ranges
from insights.choices import SwitchOption, address_with, choices
from insights.cost_charts import SHOWN_GROUPS, cost_chart
from insights.queries.costs import node_costs, shortened
from insights.views.asked import asked_cluster
from metering.models import PARTS
from metering.queries import CostFilter, CostTable, GroupBy, cost_by_day

FINE_BELOW = 10 * MICROUSD_PER_USD
GROUPS = (GroupBy.CLUSTER, GroupBy.TEMPLATE, GroupBy.USER, GroupBy.GROUP)


@require_GET
def cost(request: SignedInRequest) -> HttpResponse:
    """Show the cost of a range of days by a chosen group; `?cluster=` looks into one cluster."""
    moment, cluster = now(), asked_cluster(request)
    team = cluster.team if cluster else current_team(request)
    chosen = ranges.chosen(request.GET.get("range"), among=ranges.OF_COST, otherwise="30d")
    group_by = _asked_group(request)
    first, last = chosen.days(moment)
    wanted = CostFilter(team_ids=[team.pk], cluster_ids=[cluster.pk] if cluster else None)
    as_csv = request.GET.get("format") == "csv"
    # The chart has a color for each of the first groups; a file has them all.
    top = None if as_csv else SHOWN_GROUPS
    table = cost_by_day(first=first, last=last, group_by=group_by, filters=wanted, top=top)
    if as_csv:
        return _as_csv(table)
    by_part = request.GET.get("stack") == "part"
    context = {
        "now": moment,
        "cluster": cluster,
        "range": chosen,
        "group_by": group_by,
        "table": table,
        "groups": shortened(table.groups),
        "linked": group_by is GroupBy.CLUSTER and cluster is None,
        **_sums(table),
        "chart": cost_chart(table, first=first, last=last, by_part=by_part),
        "nodes": node_costs(cluster, first=first, last=last) if cluster else [],
        "csv_url": address_with(request, format="csv"),
        **_switches(request, chosen, group_by, by_part=by_part),
    }
    return render(request, "insights/cost.html", context)


def _asked_group(request: SignedInRequest) -> GroupBy:
    group = request.GET.get("group", "")
    return GroupBy(group) if group in GROUPS else GroupBy.CLUSTER


def _switches(
    request: SignedInRequest, chosen: ranges.TimeRange, group_by: GroupBy, *, by_part: bool
) -> dict[str, list[SwitchOption]]:
    lengths = [(span.key, span.key) for span in ranges.OF_COST]
    groups = [(group.value, group.value.capitalize()) for group in GROUPS]
    stacks = [("group", "By " + group_by), ("part", "By category")]
    stack = "part" if by_part else "group"
    return {
        "range_choices": choices(request, "range", lengths, current=chosen.key),
        "group_choices": choices(request, "group", groups, current=group_by),
        "stack_choices": choices(request, "stack", stacks, current=stack),
    }


def _sums(table: CostTable) -> dict[str, Any]:
    hours, unpriced = table.total.seconds / 3600, table.total.unpriced_seconds / 3600
    return {
        "overhead": table.total.overhead + table.total.control,
        "node_hours": hours,
        # Where all is cents, cents would hide how the parts add up.
        "places": 2 if table.total.total >= FINE_BELOW else 4,
        "unpriced_words": f"{number(unpriced)} unpriced" if unpriced else "all priced",
    }


def _as_csv(table: CostTable) -> HttpResponse:
    header = ["day", "name", *[f"{part}_usd" for part in PARTS], "total_usd", "node_hours"]
    return csv_response("cost", header=[*header, "unpriced_node_hours"], rows=_csv_rows(table))


def _csv_rows(table: CostTable) -> Iterator[list[Any]]:
    for row in table.rows:
        parts = [getattr(row.cost, part) for part in PARTS]
        dollars = [f"{usd_of(amount):.6f}" for amount in [*parts, row.cost.total]]
        hours = [row.cost.seconds / 3600, row.cost.unpriced_seconds / 3600]
        yield [row.day, row.name, *dollars, *[f"{value:.4f}" for value in hours]]
