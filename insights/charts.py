"""A chart as the page needs it: the figure, and the same in words and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What components/chart.html draws. `rows` may be empty where the page has the table itself."""

    id: str
    title: str
    summary: str  # what one sees in it, for those who do not see it
    figure: dict[str, Any]
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    unit: str = ""
    size: str = ""  # "small", "tall" or the usual
    note: str = ""  # a line of figures above it

    @property
    def figure_id(self) -> str:
        return f"{self.id}-figure"


def figure_of(traces: Sequence[dict[str, Any]], **layout: Any) -> dict[str, Any]:
    """Return Plotly's JSON; colors and fonts are the style sheet's, see assets/charts.js.

    Plain dicts: plotly.py checks and copies each value, which takes longer than all the rest of a
    page. A test has it check the figures once.
    """
    usual = {
        "margin": {"l": 44, "r": 12, "t": 28, "b": 28},
        "hovermode": "x unified",
        "showlegend": len(traces) > 1,
    }
    return {"data": list(traces), "layout": usual | layout}
