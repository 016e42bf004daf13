"""The matrix as a table: a row for each call, a column for each kind of fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.faults.kinds import KINDS
from tests.faults.verdict import Wrong
from tests.faults.wire import Call

type Cells = Mapping[tuple[Call, str], Wrong]
NOT_TRIED = "·"


def table(calls: Sequence[Call], cells: Cells) -> str:
    """Return the table, and what is wrong in each cell that is not ok."""
    width = max(len(str(call)) for call in calls)
    lines = [f"{'call':<{width}}  {'  '.join(KINDS)}"]
    for call in calls:
        row = [f"{_cell(cells.get((call, kind))):<{len(kind)}}" for kind in KINDS]
        lines.append(f"{call!s:<{width}}  {'  '.join(row)}".rstrip())
    lines += [f"{call}, {kind}: {wrong}" for (call, kind), wrong in cells.items() if wrong]
    return "\n".join(lines)


def counts(cells: Cells) -> dict[str, int]:
    """Return how much was leaked, doubled and lost in all cells."""
    return {
        kind: sum(len(getattr(wrong, kind)) for wrong in cells.values())
        for kind in ("leaked", "doubled", "lost")
    }


def _cell(wrong: Wrong | None) -> str:
    if wrong is None:
        return NOT_TRIED
    return "+".join(kind for kind, items in vars(wrong).items() if items) or "ok"
