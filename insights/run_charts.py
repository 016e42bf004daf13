"""The charts of a test run: what was in use, and what it had cost by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from domain.wording import number
from insights.charts import Chart, figure_of

FEW = 60  # Steps that are shown as points, too: a short run may have only some.
# What the run keeps, the label, the tone of assets/tokens.css.
_SHARES = (("cpu", "CPU", "used"), ("memory", "Memory", "held"), ("gpu", "GPU", "idle"))


def run_charts(samples: Mapping[str, Any], *, zone: tzinfo) -> list[Chart]:
    """Return the charts of what a test run kept; none of what was not measured."""
    if not samples:
        return []
    since = datetime.fromisoformat(samples["since"])
    count = max(len(samples.get(name, ())) for name in ("cpu", "memory", "gpu", "usd"))
    step = timedelta(seconds=samples["step"])
    moments = ((since + step * index).astimezone(zone) for index in range(count))
    times = [f"{moment:%Y-%m-%dT%H:%M:%S}" for moment in moments]
    title = f"Time ({zone})"
    return [
        chart
        for chart in (_use(samples, times, title=title), _cost(samples, times, title=title))
        if chart is not None
    ]


def _use(samples: Mapping[str, Any], times: Sequence[str], *, title: str) -> Chart | None:
    lines = [
        (label, tone, [_percent(share) for share in samples[name]])
        for name, label, tone in _SHARES
        if name in samples
    ]
    if not lines:
        return None
    return Chart(
        id="test-run-use",
        title="Utilization",
        unit="%",
        size="small",
        summary=" ".join(_summary(label, values) for label, _, values in lines),
        figure=figure_of(
            [_trace(times, values, label, tone, "%{y:.3~g}%") for label, tone, values in lines],
            xaxis={"type": "date", "title": {"text": title}},
            yaxis={"rangemode": "tozero", "range": [0, 105], "ticksuffix": "%"},
        ),
        columns=[title, *[f"{label}, %" for label, _, _ in lines]],
        rows=_rows(times, [values for _, _, values in lines]),
    )


def _cost(samples: Mapping[str, Any], times: Sequence[str], *, title: str) -> Chart | None:
    values = samples.get("usd")
    if not values:
        return None
    return Chart(
        id="test-run-cost",
        title="Cost",
        unit="USD",
        size="small",
        summary=f"Cost: ${values[-1]:.4f} at the end.",
        figure=figure_of(
            [_trace(times, values, "Cost", "used", "$%{y:.4f}")],
            xaxis={"type": "date", "title": {"text": title}},
            yaxis={"rangemode": "tozero", "tickprefix": "$"},
        ),
        columns=[title, "Cost so far, USD"],
        rows=[
            [time.replace("T", " "), f"{usd:.4f}"] for time, usd in zip(times, values, strict=True)
        ],
    )


def _trace(
    times: Sequence[str], values: Sequence[float | None], label: str, tone: str, hover: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(times) < FEW else "lines",
        "x": list(times),
        "y": list(values),
        "name": label,
        "line": {"width": 2},
        "hovertemplate": hover,
        "meta": {"tone": tone},
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _summary(label: str, values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    mean = round(sum(known) / len(known), 1)
    return f"{label}: {number(mean)}% on average, {number(max(known))}% at most."


def _rows(times: Sequence[str], columns: Sequence[Sequence[float | None]]) -> list[list[str]]:
    return [
        [time.replace("T", " "), *("–" if value is None else number(value) for value in values)]
        for time, *values in zip(times, *columns, strict=True)
    ]
