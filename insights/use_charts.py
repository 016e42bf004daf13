"""Utilization over time: what there was, what Ray had reserved of it, what the machines did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.wording import number
from insights.charts import Chart, figure_of
from metering.queries import Series

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


def use_charts(series: Series, *, as_tables: bool = False) -> list[Chart]:
    """Return a chart for each subject that was measured; with its rows where a table is wanted."""
    measured = (subject for subject in SUBJECTS if _is_measured(subject, series))
    return [_chart(subject, series, as_tables=as_tables) for subject in measured]


def cpu_chart(series: Series) -> Chart | None:
    """Return the chart of cores alone, low and with its rows; None before anything is measured."""
    return _chart(CPU, series, as_tables=True, size="small") if _is_measured(CPU, series) else None


def _is_measured(subject: Subject, series: Series) -> bool:
    # Machines without GPUs report none: an empty chart would only take room.
    measure = subject.lines[0][0]
    needed = any if subject.id == "gpu" else _any_known
    return needed(series.means[measure])


def _any_known(values: Values) -> bool:
    return any(value is not None for value in values)


def _chart(subject: Subject, series: Series, *, as_tables: bool, size: str = "") -> Chart:
    scaled = {
        measure: _scaled(series.means[measure], subject.divisor) for measure, _, _ in subject.lines
    }
    traces = [
        {
            "type": "scatter",
            "x0": f"{series.times[0]:%Y-%m-%dT%H:%M}",
            "dx": series.step / timedelta(milliseconds=1),
            "y": _on_grid(series, scaled[measure]),
            "name": label,
            "mode": "lines",
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
            xaxis={"type": "date"},
            yaxis={"rangemode": "tozero"},
        ),
        columns=["Time (UTC)", *[f"{label}, {subject.unit}" for label in labels]],
        rows=list(_rows(series, list(scaled.values()))) if as_tables else (),
    )


def _dash(tone: str) -> str:
    return "dot" if tone == "capacity" else "solid"


def _scaled(values: Values, divisor: float) -> list[float | None]:
    return [None if value is None else float(f"{value / divisor:.4g}") for value in values]


def _on_grid(series: Series, values: Values) -> list[float | None]:
    """Return a value for every step from the first to the last; None breaks the line."""
    known = dict(zip(series.times, values, strict=True))
    steps = (series.times[-1] - series.times[0]) // series.step + 1
    return [known.get(series.times[0] + index * series.step) for index in range(steps)]


def _rows(series: Series, columns: Sequence[Values]) -> Iterator[list[str]]:
    for moment, *values in zip(series.times, *columns, strict=True):
        cells = ["–" if value is None else number(value) for value in values]
        yield [f"{moment:%Y-%m-%d %H:%M}", *cells]


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
