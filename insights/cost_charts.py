"""Cost by day, week or month, stacked by group or part; each stack is the total of its days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from domain.pricing import MICROUSD_PER_USD
from domain.wording import usd
from insights.charts import Chart, figure_of
from metering.queries import CostTable, Step

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
BAR_SHARE = 0.8  # of the time that a bar of several days stands for
HOVER = {Step.WEEK: "Week of %b %-d, %Y", Step.MONTH: "%B %Y"}
type Links = Mapping[str, str]  # addresses by the key of a group


class Bars:
    """The first day of each bar, and how Plotly draws them on an axis of dates."""

    def __init__(self, *, first: date, last: date, step: Step = Step.DAY) -> None:
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        self.starts = list(dict.fromkeys(step.start(day, first=first) for day in days))
        self._step, self._last = step, last

    @property
    def heading(self) -> str:
        return f"{self._step.capitalize()} (UTC)"

    @property
    def places(self) -> dict[str, Any]:
        if self._step is Step.DAY:  # hundreds of them for each color: the first one says them all
            return {"x0": self.starts[0].isoformat(), "dx": DAY_MS}
        return {"x": [day.isoformat() for day in self.starts]}

    @property
    def widths(self) -> dict[str, Any]:
        """A bar of several days begins with its first and is as wide as they are."""
        if self._step is Step.DAY:
            return {}
        ends = [*self.starts[1:], self._last + timedelta(days=1)]
        lengths = [(end - start).days for start, end in zip(self.starts, ends, strict=True)]
        return {"offset": 0, "width": [BAR_SHARE * DAY_MS * length for length in lengths]}

    @property
    def hover(self) -> dict[str, str]:
        return {"hoverformat": HOVER[self._step]} if self._step in HOVER else {}


@dataclass(frozen=True, slots=True)
class Stack:
    """One color of the bars: micro-dollars of each bar; a click leads to `url`."""

    name: str
    tone: str | None
    amounts: list[int]
    url: str = ""


def cost_chart(
    table: CostTable,
    *,
    first: date,
    last: date,
    step: Step = Step.DAY,
    by_part: bool = False,
    links: Links | None = None,
) -> Chart:
    """Return the cost of each step of the table, stacked by its groups or by part."""
    bars = Bars(first=first, last=last, step=step)
    if by_part:
        stacks = _part_stacks(table, bars.starts, PART_LABELS)
    else:
        stacks = _group_stacks(table, bars.starts, links or {})
    title = f"Cost by {step}"
    return _stacked("cost", title, bars=bars, stacks=stacks, summary=_summary(table, stacks))


def idle_chart(table: CostTable, *, first: date, last: date) -> Chart:
    """Return what idle machines cost each day, stacked by how they were idle."""
    bars = Bars(first=first, last=last)
    stacks = _part_stacks(table, bars.starts, IDLE_PARTS)
    total = sum(sum(stack.amounts) for stack in stacks)
    summary = f"Idle nodes cost {usd(total)} over {len(bars.starts)} days."
    return _stacked("idle", "Idle cost by day", bars=bars, stacks=stacks, summary=summary)


def _stacked(
    chart_id: str, title: str, *, bars: Bars, stacks: Sequence[Stack], summary: str
) -> Chart:
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            **bars.places,
            **bars.widths,
            "y": _dollars(stack.amounts),
            "name": stack.name,
            "hovertemplate": "$%{y:,.2f}",
            "meta": {"tone": stack.tone, "href": stack.url},
        }
        for stack in stacks
    ]
    sums = [sum(amounts) for amounts in zip(*(stack.amounts for stack in stacks), strict=True)]
    # Not drawn: it adds the total of all colors to what the pointer shows.
    total = {
        "type": "scatter",
        "mode": "lines",
        "line": {"width": 0},
        **bars.places,
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
        xaxis={"type": "date", "title": {"text": bars.heading}, **bars.hover},
        yaxis={"tickprefix": "$", "rangemode": "tozero"},
    )
    return Chart(
        id=chart_id,
        title=title,
        summary=summary,
        figure=figure,
        columns=[bars.heading, *[stack.name for stack in stacks], "Total"],
        rows=list(_rows(bars.starts, stacks)),
    )


def _rows(starts: Sequence[date], stacks: Sequence[Stack]) -> Iterator[list[str]]:
    for index, day in enumerate(starts):
        amounts = [stack.amounts[index] for stack in stacks]
        yield [day.isoformat(), *map(usd, amounts), usd(sum(amounts))]


def _dollars(amounts: Sequence[int]) -> list[float]:
    return [amount / MICROUSD_PER_USD for amount in amounts]


def _part_stacks(
    table: CostTable, starts: Sequence[date], parts: Sequence[str] | dict[str, str]
) -> list[Stack]:
    amounts = {part: dict.fromkeys(starts, 0) for part in parts}
    for row in table.rows:
        for part in parts:
            amounts[part][row.day] += getattr(row.cost, part)
    return [
        Stack(PART_LABELS[part], PART_TONES[part], list(amounts[part].values())) for part in parts
    ]


def _group_stacks(table: CostTable, starts: Sequence[date], links: Links) -> list[Stack]:
    shown = {group.key: group.name for group in table.groups[:SHOWN_GROUPS]}
    rest = f"{len(table.groups) - SHOWN_GROUPS} others"
    amounts: dict[str, dict[date, int]] = {key: dict.fromkeys(starts, 0) for key in shown}
    others = dict.fromkeys(starts, 0)
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
