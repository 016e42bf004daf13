"""Utilization over time: what there was, what Ray had reserved of it, what the machines did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from domain.wording import number
from insights.charts import Chart, figure_of
from metering.queries import Series, Spread

GIB, MIB = 2**30, 2**20
type Line = tuple[str, str, str]  # measure, label, tone of assets/tokens.css
type Values = Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What one chart shows: its measures, and the unit they are shown in."""

    id: str
    title: str
    unit: str
    lines: tuple[Line, ...]
    divisor: float = 1


def _three(name: str) -> tuple[Line, ...]:
    return (
        (f"{name}_capacity", "Capacity", "capacity"),
        (f"{name}_held", "Reserved by Ray", "held"),
        (f"{name}_used", "Used", "used"),
    )


CPU = Subject(id="cpu", title="CPU", unit="cores", lines=_three("cpu"))
SUBJECTS = (
    CPU,
    Subject(id="memory", title="Memory", unit="GiB", divisor=GIB, lines=_three("memory")),
    Subject(id="gpu", title="GPU", unit="GPUs", lines=_three("gpu")),
    Subject(
        id="object-store",
        title="Object store",
        unit="GiB",
        divisor=GIB,
        lines=(
            ("object_store_capacity", "Capacity", "capacity"),
            ("object_store_used", "Used", "used"),
        ),
    ),
    Subject(
        id="network",
        title="Network",
        unit="MiB/s",
        divisor=MIB,
        lines=(("net_in_bps", "In", "used"), ("net_out_bps", "Out", "held")),
    ),
    Subject(
        id="disk-traffic",
        title="Disk traffic",
        unit="MiB/s",
        divisor=MIB,
        lines=(("disk_read_bps", "Read", "used"), ("disk_write_bps", "Write", "held")),
    ),
    Subject(
        id="disk",
        title="Disk space",
        unit="GiB",
        divisor=GIB,
        lines=(("disk_used", "Used", "used"),),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The range of the time axis, and the zone that its times are shown in."""

    since: datetime
    until: datetime
    zone: tzinfo

    def text(self, at: datetime) -> str:
        """Return a moment as Plotly takes it: it knows no zones."""
        return f"{at.astimezone(self.zone):%Y-%m-%dT%H:%M}"

    @property
    def title(self) -> str:
        return f"Time ({self.zone})"


def use_charts(
    series: Series, *, span: Span, spread: dict[str, Spread], as_tables: bool = False
) -> list[Chart]:
    """Return a chart for each subject that was measured; with its rows where a table is wanted."""
    measured = (subject for subject in SUBJECTS if _is_measured(subject, series))
    return [
        _chart(subject, series, span=span, note=_note(subject, spread), as_tables=as_tables)
        for subject in measured
    ]


def cpu_chart(series: Series, *, span: Span) -> Chart | None:
    """Return the chart of cores alone, low and with its rows; None before anything is measured."""
    if not _is_measured(CPU, series):
        return None
    return _chart(CPU, series, span=span, as_tables=True, size="small")


def _note(subject: Subject, spread: dict[str, Spread]) -> str:
    """Return how use was spread, such as "Used: p50 3.1, p95 6.2, max 7.4 cores"."""
    used = next((spread[measure] for measure, _, _ in subject.lines if measure in spread), None)
    if used is None or used.p50 is None or used.p95 is None or used.peak is None:
        return ""
    p50, p95, peak = (
        number(float(f"{value / subject.divisor:.3g}")) for value in (used.p50, used.p95, used.peak)
    )
    return f"Used: p50 {p50} · p95 {p95} · max {peak} {subject.unit}"


def _is_measured(subject: Subject, series: Series) -> bool:
    # Machines without GPUs report none: an empty chart would only take room.
    measure = subject.lines[0][0]
    needed = any if subject.id == "gpu" else _any_known
    return needed(series.means[measure])


def _any_known(values: Values) -> bool:
    return any(value is not None for value in values)


def _chart(
    subject: Subject,
    series: Series,
    *,
    span: Span,
    as_tables: bool,
    size: str = "",
    note: str = "",
) -> Chart:
    scaled = {
        measure: _scaled(series.means[measure], subject.divisor) for measure, _, _ in subject.lines
    }
    steps = _steps(series, span)
    mode = "lines+markers" if _has_lone_steps(series) else "lines"
    traces = [
        {
            "type": "scatter",
            **steps,
            "y": _on_grid(series, scaled[measure]),
            "name": label,
            "mode": mode,
            "fill": "tozeroy" if tone == "used" else "none",
            "line": {"width": 2 if tone == "used" else 1.5, "dash": _dash(tone)},
            "hovertemplate": f"%{{y:.4~g}} {subject.unit}",
            "meta": {"tone": tone},
        }
        for measure, label, tone in subject.lines
    ]
    labels = [label for _, label, _ in subject.lines]
    return Chart(
        id=f"use-{subject.id}",
        title=subject.title,
        unit=subject.unit,
        size=size,
        summary=_summary(subject, scaled),
        figure=figure_of(
            traces,
            xaxis={
                "type": "date",
                "title": {"text": span.title},
                "range": [span.text(span.since), span.text(span.until)],
            },
            yaxis={"rangemode": "tozero"},
        ),
        note=note,
        columns=[span.title, *[f"{label}, {subject.unit}" for label in labels]],
        rows=list(_rows(series, span, list(scaled.values()))) if as_tables else (),
    )


def _steps(series: Series, span: Span) -> dict[str, object]:
    """Return where the steps are on the time axis; each by itself where clocks change between."""
    first, last = series.times[0], series.times[-1]
    if first.astimezone(span.zone).utcoffset() == last.astimezone(span.zone).utcoffset():
        return {"x0": span.text(first), "dx": series.step / timedelta(milliseconds=1)}
    count = (last - first) // series.step + 1
    return {"x": [span.text(first + index * series.step) for index in range(count)]}


def _has_lone_steps(series: Series) -> bool:
    """Return whether a step has none beside it: a line alone would not show it."""
    joined = [later - earlier <= series.step for earlier, later in pairwise(series.times)]
    return any(not before and not after for before, after in pairwise([False, *joined, False]))


def _dash(tone: str) -> str:
    return "dot" if tone == "capacity" else "solid"


def _scaled(values: Values, divisor: float) -> list[float | None]:
    return [None if value is None else float(f"{value / divisor:.4g}") for value in values]


def _on_grid(series: Series, values: Values) -> list[float | None]:
    """Return a value for every step from the first to the last; None breaks the line."""
    known = dict(zip(series.times, values, strict=True))
    steps = (series.times[-1] - series.times[0]) // series.step + 1
    return [known.get(series.times[0] + index * series.step) for index in range(steps)]


def _rows(series: Series, span: Span, columns: Sequence[Values]) -> Iterator[list[str]]:
    for moment, *values in zip(series.times, *columns, strict=True):
        cells = ["–" if value is None else number(value) for value in values]
        yield [span.text(moment).replace("T", " "), *cells]


def _summary(subject: Subject, scaled: dict[str, list[float | None]]) -> str:
    sentences = []
    for measure, label, _ in subject.lines:
        known = [value for value in scaled[measure] if value is not None]
        if known:
            mean = sum(known) / len(known)
            sentences.append(
                f"{label}: {number(mean)} {subject.unit} on average, {number(max(known))} at most."
            )
    return " ".join(sentences)
