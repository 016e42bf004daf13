"""The columns of the cost table."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html

from domain.wording import percent, usd
from insights.queries.costs import Change, CostLine
from metering.queries import CostTable
from tables.columns import Column, Table

_PARTS = (
    ("used", "Used"),
    ("reserved_idle", "Reserved, unused"),
    ("infra_idle", "Idle nodes"),
    ("overhead", "Startup & shutdown"),
    ("control", "Head nodes"),
)


def name_of(line: CostLine) -> str:
    """Return what rows are sorted by where nothing else tells them apart."""
    return line.group.name.lower()


def cost_columns(label: str, *, total: int, places: int) -> Table:
    """Return the table of a period that cost `total` micro-dollars; `label` says of what."""

    def share(line: CostLine) -> str:
        return percent(line.group.cost.total, total) if total else "–"

    return Table(
        name="cost",
        order="-total",
        columns=(
            Column(
                key="name",
                label=label,
                value=lambda line: line.group.name,
                cell="insights/cost_cells.html#name",
                sort=name_of,
                is_heading=True,
            ),
            *(_part(key, words, places) for key, words in _PARTS),
            Column(
                key="total",
                label="Total",
                value=lambda line: usd(line.group.cost.total, places=places),
                cell="insights/cost_cells.html#total",
                sort=lambda line: line.group.cost.total,
                is_number=True,
                is_descending=True,
            ),
            Column(
                key="change",
                label="Change",
                value=lambda line: _change(line.change),
                sort=lambda line: line.change.amount,
                is_number=True,
                is_descending=True,
            ),
            Column(
                key="share",
                label="Share",
                value=share,
                sort=lambda line: line.group.cost.total,
                is_number=True,
                is_descending=True,
            ),
        ),
    )


def totals_of(table: CostTable, change: Change, *, count: int, places: int) -> dict[str, Any]:
    """Return the row below the table."""
    cost = table.total
    return {
        "name": f"Total ({count})",
        **{key: usd(getattr(cost, key), places=places) for key, _ in _PARTS},
        "total": format_html("<strong>{}</strong>", usd(cost.total, places=places)),
        "change": _change(change),
    }


def _part(key: str, label: str, places: int) -> Column:
    def amount(line: CostLine) -> int:
        microusd: int = getattr(line.group.cost, key)
        return microusd

    return Column(
        key=key,
        label=label,
        value=lambda line: usd(amount(line), places=places),
        sort=amount,
        is_number=True,
        is_descending=True,
    )


def _change(change: Change) -> str:
    return format_html('{}<span class="sub">{}</span>', change.amount_words, change.percent_words)
