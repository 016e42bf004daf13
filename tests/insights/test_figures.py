"""Figures are plain dicts, for speed; here plotly.py checks that each value is one it knows."""

from datetime import UTC, date, datetime, timedelta

import plotly.graph_objects as go
import pytest

from insights.charts import Chart
from insights.cost_charts import BAR_SHARE, DAY_MS, cost_chart, idle_chart
from insights.use_charts import Span, cpu_chart, use_charts
from metering.measures import MEASURES
from metering.queries import Cost, CostRow, CostTable, GroupTotal, Series, Spread, Step

DAY = date(2026, 3, 1)
START = datetime(2026, 3, 1, tzinfo=UTC)


def series() -> Series:
    """Return two steps with a gap between them."""
    step = timedelta(minutes=1)
    return Series(
        step=step,
        times=(START, START + 2 * step),
        means=dict.fromkeys(MEASURES, (1.0, 2.0)),
        peaks={},
    )


def table() -> CostTable:
    cost = Cost(used=2_000_000, infra_idle=1_000_000, total=3_000_000)
    return CostTable(
        rows=(CostRow(day=DAY, key="a", name="trainer", cost=cost),),
        groups=(GroupTotal(key="a", name="trainer", cost=cost),),
        total=cost,
    )


def charts() -> list[Chart]:
    last = DAY + timedelta(days=1)
    span = Span(since=START, until=START + timedelta(hours=1), zone=UTC)
    spread = {"cpu_used": Spread(1.0, 2.0, 3.0)}
    small = cpu_chart(series(), span=span)
    assert small is not None
    by_group = cost_chart(table(), first=DAY, last=last)
    by_part = cost_chart(table(), first=DAY, last=last, by_part=True)
    by_week = cost_chart(table(), first=DAY, last=DAY + timedelta(days=100), step=Step.WEEK)
    idle = idle_chart(table(), first=DAY, last=last)
    use = use_charts(series(), span=span, spread=spread)
    return [*use, small, by_group, by_part, by_week, idle]


@pytest.mark.parametrize("chart", charts(), ids=lambda chart: f"{chart.id} {chart.size}")
def test_plotly_accepts_the_figure_and_keeps_all_of_it(chart: Chart) -> None:
    kept = go.Figure(chart.figure).to_plotly_json()
    assert [set(trace) for trace in kept["data"]] == [set(one) for one in chart.figure["data"]]
    assert set(chart.figure["layout"]) <= set(kept["layout"])


def test_bars_of_weeks_and_months_are_as_wide_as_their_days() -> None:
    last = date(2026, 4, 15)
    for step, starts in (
        (Step.WEEK, ["03-01", "03-02", "03-09", "03-16", "03-23", "03-30", "04-06", "04-13"]),
        (Step.MONTH, ["03-01", "04-01"]),
    ):
        chart = cost_chart(table(), first=DAY, last=last, step=step)
        bars = chart.figure["data"][0]
        assert bars["x"] == [f"2026-{start}" for start in starts]
        days = sum(bars["width"]) / BAR_SHARE / DAY_MS
        assert round(days) == (last - DAY).days + 1
        assert chart.columns[0] == f"{step.capitalize()} (UTC)"


def test_plotly_would_refuse_a_name_it_does_not_know() -> None:
    figure = charts()[0].figure
    with pytest.raises(ValueError, match="colour"):
        go.Figure({**figure, "layout": {"colour": "red"}})
