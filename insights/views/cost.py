"""What was spent: by day, week or month, by group, by part; every total is the sum of its parts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from domain.pricing import MICROUSD_PER_USD, usd_of
from domain.wording import number
from insights import ranges
from insights.choices import (
    SwitchOption,
    address_with,
    choices,
)
from insights.cost_charts import SHOWN_GROUPS, cost_chart
from insights.periods import Period, WrongPeriod, asked_period, asked_step, months, usual
from insights.queries.costs import Change, cost_lines, named, previous_totals
from insights.views.cost_columns import cost_columns, name_of, totals_of
from insights.views.cost_place import CostPlace, asked_place, crumbs_of, drill_links
from metering.models import PARTS
from metering.queries import CostTable, GroupBy, Step, cost_by_day
from tables.pages import page_of

FINE_BELOW = 10 * MICROUSD_PER_USD
UNPROCESSABLE = 422


@require_GET
def cost(request: SignedInRequest) -> HttpResponse:
    """Show the cost of some days by a chosen group; rows and bars lead to what they are made of."""
    moment, place = now(), asked_place(request)
    period, problem = _period(request, moment)
    group_by = place.grouping(request.GET.get("group", ""))
    as_csv = request.GET.get("format") == "csv"
    step = Step.DAY if as_csv else asked_step(request.GET.get("step"), period)
    # The chart has a color for each of the first groups; a file has them all.
    table = cost_by_day(
        first=period.first,
        last=period.last,
        group_by=group_by,
        filters=place.filters,
        step=step,
        top=None if as_csv else SHOWN_GROUPS,
    )
    table = named(table, group_by)
    if as_csv:
        return _as_csv(table)
    before = previous_totals(period.previous, group_by=group_by, filters=place.filters)
    colored = [group.key for group in table.groups[:SHOWN_GROUPS]]
    links = drill_links(request, place, group_by, colored)
    by_part = request.GET.get("stack") == "part"
    context = {
        "now": moment,
        "place": place,
        "period": period,
        "problem": problem,
        "group_by": group_by,
        "table": table,
        "chart": cost_chart(
            table,
            first=period.first,
            last=period.last,
            step=step,
            by_part=by_part,
            links=links,
        ),
        "step": step,
        "crumbs": crumbs_of(request, place),
        **_sums(table),
        **_rows(request, place, group_by, table, before),
        "step_choices": choices(
            request, "step", [(each.value, each.capitalize()) for each in Step], current=step
        ),
        **_switches(request, place, period, group_by, by_part=by_part),
    }
    return render(request, "insights/cost.html", context, status=UNPROCESSABLE if problem else 200)


def _period(request: SignedInRequest, moment: Any) -> tuple[Period, str]:
    """Return the days to show, and what is wrong with those that the address asks for."""
    try:
        return asked_period(request.GET, now=moment), ""
    except WrongPeriod as problem:
        return usual(None, moment), f"{problem} The last 30 days are shown."


def _rows(
    request: SignedInRequest,
    place: CostPlace,
    group_by: GroupBy,
    table: CostTable,
    before: Mapping[str, int],
) -> dict[str, Any]:
    """Return a page of the groups in the order of the address."""
    lines = cost_lines(table, before)
    places = _places(table)
    columns = cost_columns(group_by.capitalize(), total=table.total.total, places=places)
    lines = sorted(lines, key=name_of)
    costs = page_of(request, columns, lines, identity=lambda line: (line.group.key, name_of(line)))
    links = drill_links(request, place, group_by, [line.group.key for line in costs.rows])
    costs.rows = [replace(line, url=links.get(line.group.key, "")) for line in costs.rows]
    change = Change(current=table.total.total, previous=sum(before.values()))
    costs.totals = totals_of(table, change, count=len(lines), places=places)
    return {"costs": costs, "change": change, "places": places}


def _places(table: CostTable) -> int:
    # Where all is cents, cents would hide how the parts add up.
    return 2 if table.total.total >= FINE_BELOW else 4


def _switches(
    request: SignedInRequest, place: CostPlace, period: Period, group_by: GroupBy, *, by_part: bool
) -> dict[str, Any]:
    plain = {"from": None, "to": None, "month": None}
    lengths = [
        SwitchOption(
            label=span.key,
            url=address_with(request, **{**plain, "range": span.key}),
            current=span.key == period.key,
        )
        for span in ranges.OF_COST
    ]
    groups = [(group.value, group.value.capitalize()) for group in place.groupings]
    stacks = [("group", "By " + group_by), ("part", "By category")]
    stack = "part" if by_part else "group"
    dropped = {"range", "month", "from", "to", "after", "before", "format"}
    return {
        "range_choices": lengths,
        "group_choices": choices(request, "group", groups, current=group_by),
        "stack_choices": choices(request, "stack", stacks, current=stack),
        "months": months(now().date()),
        "kept": [(name, value) for name, value in request.GET.items() if name not in dropped],
        "asked_from": request.GET.get("from") or period.first.isoformat(),
        "asked_to": request.GET.get("to") or period.last.isoformat(),
        "all_teams_url": address_with(request, team="all", group="team", sort=None)
        if request.user.is_superuser and place.team
        else "",
    }


def _sums(table: CostTable) -> dict[str, Any]:
    hours, unpriced = table.total.seconds / 3600, table.total.unpriced_seconds / 3600
    return {
        "overhead": table.total.overhead + table.total.control,
        "node_hours": hours,
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
