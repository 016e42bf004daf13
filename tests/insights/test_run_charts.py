"""A test run's charts are drawn from what was kept with it."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from insights.run_charts import run_charts

SAMPLES: dict[str, Any] = {
    "since": "2026-05-04T10:00:00+00:00",
    "step": 30.0,
    "cpu": [None, 0.25, 0.75],
    "memory": [0.1, 0.1, 0.2],
    "usd": [0.001, 0.002, 0.0035],
}


def test_shares_are_percent_and_cost_adds_up() -> None:
    use, cost = run_charts(SAMPLES, zone=UTC)
    cpu, memory = use.figure["data"]
    assert cpu["x"] == ["2026-05-04T10:00:00", "2026-05-04T10:00:30", "2026-05-04T10:01:00"]
    assert (cpu["name"], cpu["y"]) == ("CPU", [None, 25.0, 75.0])
    assert memory["y"] == [10.0, 10.0, 20.0]
    assert use.summary.startswith("CPU: 50% on average, 75% at most. Memory:")
    assert use.rows[0] == ["2026-05-04 10:00:00", "–", "10"]
    assert cost.summary == "Cost: $0.0035 at the end."
    assert cost.rows[-1] == ["2026-05-04 10:01:00", "0.0035"]
    for chart in (use, cost):
        go.Figure(chart.figure)  # Plotly itself checks it


def test_times_are_those_of_the_reader() -> None:
    use, _ = run_charts(SAMPLES, zone=ZoneInfo("Europe/Berlin"))
    assert use.figure["data"][0]["x"][0] == "2026-05-04T12:00:00"
    assert "Europe/Berlin" in use.figure["layout"]["xaxis"]["title"]["text"]


def test_what_was_not_measured_has_no_chart() -> None:
    assert run_charts({}, zone=UTC) == []
    unpriced = {name: value for name, value in SAMPLES.items() if name != "usd"}
    assert [chart.title for chart in run_charts(unpriced, zone=UTC)] == ["Utilization"]
    only_cost = {name: SAMPLES[name] for name in ("since", "step", "usd")}
    assert [chart.title for chart in run_charts(only_cost, zone=UTC)] == ["Cost"]
