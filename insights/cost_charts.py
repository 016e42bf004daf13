"""Cost by day, stacked by group or by part; every stack is the day's total."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from domain.pricing import MICROUSD_PER_USD
from domain.wording import usd
from insights.charts import Chart, figure_of
from metering.queries import CostTable

DAY_MS = 86_400_000  # Plotly's unit on an axis of dates
SHOWN_GROUPS = 7  # one for each distinct color; the rest is one more
PART_LABELS = {
    "used": "Used",
    "reserved_idle": "Reserved, unused",
    "infra_idle": "Idle nodes",
    "overhead": "Startup & shutdown",
    "control": "Head nodes",
}
PART_TONES = {
    "used": "used",
    "reserved_idle": "held",
    "infra_idle": "idle",
    "overhead": "overhead",
    "control": "control",
}
IDLE_PARTS = ("reserved_idle", "infra_idle")
type Links = Mapping[str, str]  # addresses by the key of a group


@dataclass(frozen=True, slots=True)
class Stack:
    """One color of the bars: micro-dollars by day; a click leads to `url`."""

    name: str
    tone: str | None
    amounts: list[int]
    url: str = ""


def cost_chart(
    table: CostTable, *, first: date, last: date, by_part: bool = False, links: Links | None = None
) -> Chart:
    """Return the cost of each day, stacked by the table's groups or by part."""
    days = list(_days(first, last))
    if by_part:
        stacks = _part_stacks(table, days, PART_LABELS)
    else:
        stacks = _group_stacks(table, days, links or {})
    return _stacked(
        "cost", "Cost by day", days=days, stacks=stacks, summary=_summary(table, stacks)
    )


def idle_chart(table: CostTable, *, first: date, last: date) -> Chart:
    """Return what idle machines cost each day, stacked by how they were idle."""
    days = list(_days(first, last))
    stacks = _part_stacks(table, days, IDLE_PARTS)
    total = sum(sum(stack.amounts) for stack in stacks)
    summary = f"Idle nodes cost {usd(total)} over {len(days)} days."
    return _stacked("idle", "Idle cost by day", days=days, stacks=stacks, summary=summary)


def _stacked(
    chart_id: str, title: str, *, days: Sequence[date], stacks: Sequence[Stack], summary: str
) -> Chart:
    # Hundreds of days for each color: their first one says them all.
    dates = {"x0": days[0].isoformat(), "dx": DAY_MS}
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            **dates,
            "y": _dollars(stack.amounts),
            "name": stack.name,
            "hovertemplate": "$%{y:,.2f}",
            "meta": {"tone": stack.tone, "href": stack.url},
        }
        for stack in stacks
    ]
    sums = [sum(amounts) for amounts in zip(*(stack.amounts for stack in stacks), strict=True)]
    # Not drawn: it adds the day's total to what the pointer shows.
    total = {
        "type": "scatter",
        "mode": "lines",
        "line": {"width": 0},
        **dates,
        "y": _dollars(sums),
        "name": "Total",
        "showlegend": False,
        "hovertemplate": "$%{y:,.2f}",
        "meta": {"tone": "capacity"},
    }
    figure = figure_of(
        [*traces, total] if len(stacks) > 1 else traces,
        barmode="stack",
        bargap=0.25,
        xaxis={"type": "date", "title": {"text": "Day (UTC)"}},
        yaxis={"tickprefix": "$", "rangemode": "tozero"},
    )
    return Chart(
        id=chart_id,
        title=title,
        summary=summary,
        figure=figure,
        columns=["Day (UTC)", *[stack.name for stack in stacks], "Total"],
        rows=list(_rows(days, stacks)),
    )


def _rows(days: Sequence[date], stacks: Sequence[Stack]) -> Iterator[list[str]]:
    for index, day in enumerate(days):
        amounts = [stack.amounts[index] for stack in stacks]
        yield [day.isoformat(), *map(usd, amounts), usd(sum(amounts))]


def _dollars(amounts: Sequence[int]) -> list[float]:
    return [amount / MICROUSD_PER_USD for amount in amounts]


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _part_stacks(
    table: CostTable, days: Sequence[date], parts: Sequence[str] | dict[str, str]
) -> list[Stack]:
    amounts = {part: dict.fromkeys(days, 0) for part in parts}
    for row in table.rows:
        for part in parts:
            amounts[part][row.day] += getattr(row.cost, part)
    return [
        Stack(PART_LABELS[part], PART_TONES[part], list(amounts[part].values())) for part in parts
    ]


def _group_stacks(table: CostTable, days: Sequence[date], links: Links) -> list[Stack]:
    shown = {group.key: group.name for group in table.groups[:SHOWN_GROUPS]}
    rest = f"{len(table.groups) - SHOWN_GROUPS} others"
    amounts: dict[str, dict[date, int]] = {key: dict.fromkeys(days, 0) for key in shown}
    others = dict.fromkeys(days, 0)
    for row in table.rows:
        amounts.get(row.key, others)[row.day] += row.cost.total
    stacks = [
        Stack(shown[key] or "–", None, list(daily.values()), links.get(key, ""))
        for key, daily in amounts.items()
    ]
    if not any(others.values()):
        return stacks
    return [*stacks, Stack(rest, "8", list(others.values()), "#cost-table")]


def _summary(table: CostTable, stacks: Sequence[Stack]) -> str:
    largest = max(stacks, key=lambda stack: sum(stack.amounts), default=None)
    if not table.total.total or largest is None:
        return "No cost."
    share = f"{largest.name}, {usd(sum(largest.amounts))}"
    return f"{usd(table.total.total)} total; the largest share is {share}."


def month_chart(this_month: Mapping[date, int], last_month: Mapping[date, int]) -> Chart:
    """Return what was spent up to each day of this month, and of the last one."""
    lines = [
        ("This month", "used", _running(this_month)),
        ("Last month", "held", _running(last_month)),
    ]
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [day.day for day in sums],
            "y": _dollars(list(sums.values())),
            "name": name,
            "fill": "tozeroy" if tone == "used" else "none",
            "line": {"width": 2, "dash": "solid" if tone == "used" else "dot"},
            "hovertemplate": "$%{y:,.2f}",
            "meta": {"tone": tone},
        }
        for name, tone, sums in lines
    ]
    by_day = [{day.day: amount for day, amount in sums.items()} for _, _, sums in lines]
    numbers = range(1, max(map(len, by_day)) + 1)
    return Chart(
        id="month",
        title="Spend this month",
        summary="; ".join(
            f"{name}: {usd(max(sums.values(), default=0))}" for name, _, sums in lines
        ),
        size="small",
        figure=figure_of(
            traces,
            xaxis={"title": {"text": "Day of the month (UTC)"}, "rangemode": "tozero"},
            yaxis={"tickprefix": "$", "rangemode": "tozero"},
        ),
        columns=["Day (UTC)", "This month, so far", "Last month, so far"],
        rows=[
            [str(number), *(usd(sums[number]) if number in sums else "–" for sums in by_day)]
            for number in numbers
        ],
    )


def _running(amounts: Mapping[date, int]) -> dict[date, int]:
    return dict(zip(amounts, accumulate(amounts.values()), strict=True))
