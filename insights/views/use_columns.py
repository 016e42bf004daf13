"""The columns of what was used and wasted, by cluster and by node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from domain.wording import usd
from insights.queries.use import UseRow
from metering.queries import Waste
from tables.columns import Column, Table

_MONEY = (
    ("wasted", "$ wasted", "Held, not used, plus not reserved"),
    ("held", "Held, not used", "Reserved by Ray, but not used"),
    ("paid", "Cost", "What the machines cost in this range"),
)
_SHARES = (("cpu", "CPU"), ("memory", "Memory"), ("gpu", "GPU"))
_FIELDS = {"wasted": "wasted", "held": "held_unused", "paid": "paid"}


def _amount(key: str) -> Callable[[UseRow], int | None]:
    return lambda row: getattr(row.waste, _FIELDS[key]) if row.waste else None


def _used(index: int) -> Callable[[UseRow], Any]:
    return lambda row: row.shares[index][1].used_percent


def _money(row: UseRow, key: str) -> str:
    amount = _amount(key)(row)
    return "–" if amount is None else usd(amount)


# The nodes of one cluster, which are in memory.
USE_OF_NODES = Table(
    name="use-nodes",
    order="-wasted",
    columns=(
        Column(
            key="name",
            label="Node",
            value=lambda row: row.label,
            cell="insights/use_cells.html#node",
            sort=lambda row: row.label,
            is_heading=True,
        ),
        Column(
            key="state",
            label="State",
            value=lambda row: row.state,
            cell="insights/use_cells.html#state",
            sort=lambda row: row.state,
        ),
        *(
            Column(
                key=key,
                label=label,
                value=partial(_money, key=key),
                sort=_amount(key),
                is_number=True,
                is_descending=True,
                hint=hint,
            )
            for key, label, hint in _MONEY
        ),
        *(
            Column(
                key=key,
                label=label,
                value=_used(index),
                cell=f"insights/use_cells.html#{key}",
                sort=_used(index),
                is_descending=True,
            )
            for index, (key, label) in enumerate(_SHARES)
        ),
    ),
)

# The clusters are sorted where they are read, by metering.queries.UseOrder.
USE_OF_CLUSTERS = replace(
    USE_OF_NODES,
    name="use-clusters",
    columns=[
        replace(column, label="Cluster", cell="insights/use_cells.html#cluster", sort=None)
        if column.key == "name"
        else replace(column, sort=None if column.key == "state" else column.key)
        for column in USE_OF_NODES.columns
    ],
)


def totals_of(waste: Waste, *, count: int) -> dict[str, str]:
    """Return the row below the table."""
    amounts = {key: usd(getattr(waste, name)) for key, name in _FIELDS.items()}
    return {"name": f"Total ({count})", **amounts}
