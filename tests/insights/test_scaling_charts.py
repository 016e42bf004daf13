"""Charts of a group's nodes: also of a single sample, which has no length of its own."""

from datetime import UTC, datetime, timedelta

from clusters.models import ScalingSample
from insights.scaling_charts import nodes_chart

STEP = timedelta(minutes=5)
AT = datetime(2026, 3, 1, 8, 40, tzinfo=UTC)


def sample(at: datetime, needed: int) -> ScalingSample:
    return ScalingSample(at=at, needed=needed, ready=1, floor=0)


def test_a_single_sample_is_a_line_of_one_step_on_an_axis_of_an_hour() -> None:
    chart = nodes_chart([sample(AT, 2)], group="cpu", step=STEP)
    needed = chart.figure["data"][0]
    assert needed["x"] == ["2026-03-01T08:40", "2026-03-01T08:45"]
    assert needed["y"] == [2, 2]
    assert chart.figure["layout"]["xaxis"]["range"] == ["2026-03-01T07:45", "2026-03-01T08:45"]
    assert len(chart.rows) == 1


def test_the_axis_of_many_samples_is_theirs() -> None:
    samples = [sample(AT + place * STEP, place) for place in range(20)]
    chart = nodes_chart(samples, group="cpu", step=STEP)
    assert "range" not in chart.figure["layout"]["xaxis"]
    assert chart.figure["data"][0]["y"] == [*range(20), 19]


def test_without_samples_there_is_no_line() -> None:
    chart = nodes_chart([], group="cpu", step=STEP)
    assert chart.figure["data"][0]["x"] == []
    assert chart.summary == "No data."
