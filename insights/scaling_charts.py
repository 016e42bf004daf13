"""A group over time: needed and actual nodes, and what strategies requested and forecast."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from clusters.models import Forecast, ScalingSample
from domain.strategies.replay import Point
from domain.wording import number
from insights.charts import Chart, figure_of

type Value = float | None
type Read = Callable[[ScalingSample], Value]
type Line = tuple[str, str, dict[datetime, Value]]  # label, tone, values by the step's beginning

HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def nodes_chart(samples: Sequence[ScalingSample], *, group: str, step: timedelta) -> Chart:
    """Return the nodes that were needed and ready, and the floor that strategies raised."""
    lines: list[Line] = [
        ("Needed", "used", _by_step(samples, step, lambda sample: sample.needed)),
        ("Ready", "capacity", _by_step(samples, step, lambda sample: sample.ready)),
        ("Minimum", "held", _by_step(samples, step, lambda sample: sample.floor)),
    ]
    return _chart(
        "scaling-nodes", f"Group {group}: needed, ready, and minimum nodes", lines, step=step
    )


def forecast_chart(
    samples: Sequence[ScalingSample], forecast: Forecast, *, step: timedelta
) -> Chart | None:
    """Return what forecasts had said beside what was needed, and the next two days' forecast."""
    middle = _by_step(samples, step, lambda sample: sample.expected)
    upper = _by_step(samples, step, lambda sample: sample.expected_upper)
    for place, (half, most) in enumerate(zip(forecast.p50, forecast.upper, strict=True)):
        for part in range(HOUR // step):
            at = forecast.starts_at + place * HOUR + part * step
            middle.setdefault(at, half)
            upper.setdefault(at, most)
    if not upper:
        return None
    lines: list[Line] = [
        ("Needed", "used", _by_step(samples, step, lambda sample: sample.needed)),
        ("Forecast", "3", middle),
        (f"Forecast, p{forecast.quantile * 100:g}", "held", upper),
    ]
    title = f"Group {forecast.group}: forecast and actual nodes"
    return _chart("scaling-forecast", title, lines, step=step)


def replay_chart(points: Sequence[Point], *, name: str, chart_id: str) -> Chart:
    """Return what a rule would have requested, hour by hour, next to the actual nodes."""
    floors: dict[datetime, list[float]] = {}
    nodes: dict[datetime, list[float]] = {}
    for point in points:
        floors.setdefault(_begin(point.at, HOUR), []).append(point.floor)
        nodes.setdefault(_begin(point.at, HOUR), []).append(point.nodes)
    lines: list[Line] = [
        ("Rule", "held", {at: _mean(values) for at, values in floors.items()}),
        ("Actual nodes", "capacity", {at: _mean(values) for at, values in nodes.items()}),
    ]
    return _chart(chart_id, f"{name}: replay of the last 7 days", lines, step=HOUR, size="small")


def _by_step(
    samples: Sequence[ScalingSample], step: timedelta, read: Read
) -> dict[datetime, Value]:
    by_step: dict[datetime, list[float]] = {}
    for sample in samples:
        if (value := read(sample)) is not None:
            by_step.setdefault(_begin(sample.at, step), []).append(value)
    return {at: _mean(values) for at, values in by_step.items()}


def _begin(at: datetime, step: timedelta) -> datetime:
    return at - (at - _EPOCH) % step


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 2)


def _chart(
    chart_id: str, title: str, lines: Sequence[Line], *, step: timedelta, size: str = ""
) -> Chart:
    times = _grid({at for _, _, values in lines for at in values}, step)
    # The last value holds to the end of its step: a single sample is a line too.
    drawn = [*times, *(at + step for at in times[-1:])]
    traces = [
        {
            "type": "scatter",
            "x": [_text(at) for at in drawn],
            "y": [values.get(at) for at in (*times, *times[-1:])],
            "name": label,
            "mode": "lines",
            "fill": "tozeroy" if tone == "used" else "none",
            "line": {"width": 2 if tone == "used" else 1.5, "shape": "hv", "dash": _dash(tone)},
            "hovertemplate": "%{y:.4~g} nodes",
            "meta": {"tone": tone},
        }
        for label, tone, values in lines
    ]
    return Chart(
        id=chart_id,
        title=title,
        unit="nodes",
        size=size,
        summary=_summary(lines),
        figure=figure_of(
            traces, xaxis={"type": "date", **_range(drawn)}, yaxis={"rangemode": "tozero"}
        ),
        columns=["Time (UTC)", *[label for label, _, _ in lines]],
        rows=[_row(at, lines) for at in times if any(at in values for _, _, values in lines)],
    )


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}"


def _range(drawn: Sequence[datetime]) -> dict[str, list[str]]:
    """Return an axis of an hour at least: the ticks of one of minutes would be seconds."""
    if not drawn or drawn[-1] - drawn[0] >= HOUR:
        return {}
    return {"range": [_text(drawn[-1] - HOUR), _text(drawn[-1])]}


def _grid(known: set[datetime], step: timedelta) -> list[datetime]:
    """Return every step from the first to the last: where nothing is known, a line breaks."""
    if not known:
        return []
    first, last = min(known), max(known)
    return sorted(known | {first + place * step for place in range((last - first) // step + 1)})


def _row(at: datetime, lines: Sequence[Line]) -> list[str]:
    cells = [values.get(at) for _, _, values in lines]
    texts = ["–" if value is None else number(value) for value in cells]
    return [f"{at.astimezone(UTC):%Y-%m-%d %H:%M}", *texts]


def _dash(tone: str) -> str:
    return {"capacity": "dot", "held": "dash"}.get(tone, "solid")


def _summary(lines: Sequence[Line]) -> str:
    sentences = []
    for label, _, values in lines:
        known = [value for value in values.values() if value is not None]
        if known:
            mean = number(sum(known) / len(known))
            sentences.append(f"{label}: {mean} on average, {number(max(known))} at most.")
    return " ".join(sentences) or "No data."
