"""Cost by day, stacked by group or by part; every stack is the day's total."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from domain.pricing import usd_of
from domain.wording import usd
from insights.charts import Chart, figure_of
from metering.queries import CostTable

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
type Stack = tuple[str, str | None, list[int]]  # name, tone, micro-dollars by day


def cost_chart(table: CostTable, *, first: date, last: date, by_part: bool = False) -> Chart:
    """Return the cost of each day, stacked by the table's groups or by part."""
    days = list(_days(first, last))
    stacks = _part_stacks(table, days, PART_LABELS) if by_part else _group_stacks(table, days)
    return _stacked(
        "cost", "Cost by day", days=days, stacks=stacks, summary=_summary(table, stacks)
    )


def idle_chart(table: CostTable, *, first: date, last: date) -> Chart:
    """Return what idle machines cost each day, stacked by how they were idle."""
    days = list(_days(first, last))
    stacks = _part_stacks(table, days, IDLE_PARTS)
    total = sum(sum(amounts) for _, _, amounts in stacks)
    summary = f"Idle nodes cost {usd(total)} over {len(days)} days."
    return _stacked("idle", "Idle cost by day", days=days, stacks=stacks, summary=summary)


def _stacked(
    chart_id: str, title: str, *, days: Sequence[date], stacks: Sequence[Stack], summary: str
) -> Chart:
    traces = [
        {
            "type": "bar",
            "x": [day.isoformat() for day in days],
            "y": [float(usd_of(amount)) for amount in amounts],
            "name": name,
            "hovertemplate": "$%{y:,.2f}",
            "meta": {"tone": tone},
        }
        for name, tone, amounts in stacks
    ]
    figure = figure_of(
        traces,
        barmode="stack",
        bargap=0.25,
        xaxis={"type": "date"},
        yaxis={"tickprefix": "$", "rangemode": "tozero"},
    )
    return Chart(
        id=chart_id,
        title=title,
        summary=summary,
        figure=figure,
        columns=["Day (UTC)", *[name for name, _, _ in stacks], "Total"],
        rows=list(_rows(days, stacks)),
    )


def _rows(days: Sequence[date], stacks: Sequence[Stack]) -> Iterator[list[str]]:
    for index, day in enumerate(days):
        amounts = [daily[index] for _, _, daily in stacks]
        yield [day.isoformat(), *map(usd, amounts), usd(sum(amounts))]


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
    return [(PART_LABELS[part], PART_TONES[part], list(amounts[part].values())) for part in parts]


def _group_stacks(table: CostTable, days: Sequence[date]) -> list[Stack]:
    shown = {group.key: group.name for group in table.groups[:SHOWN_GROUPS]}
    rest = f"{len(table.groups) - SHOWN_GROUPS} others"
    amounts: dict[str, dict[date, int]] = {key: dict.fromkeys(days, 0) for key in shown}
    others = dict.fromkeys(days, 0)
    for row in table.rows:
        amounts.get(row.key, others)[row.day] += row.cost.total
    stacks: list[Stack] = [
        (shown[key] or "–", None, list(daily.values())) for key, daily in amounts.items()
    ]
    return [*stacks, (rest, "8", list(others.values()))] if any(others.values()) else stacks


def _summary(table: CostTable, stacks: Sequence[Stack]) -> str:
    largest = max(stacks, key=lambda stack: sum(stack[2]), default=None)
    if not table.total.total or largest is None:
        return "No cost."
    name, _, amounts = largest
    return f"{usd(table.total.total)} total; the largest share is {name}, {usd(sum(amounts))}."
