"""Two texts beside each other, line by line; components/sides.html shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lines that stand beside each other; None where one side has none."""

    kind: str  # same, changed, added, removed, or skipped: so many lines are the same
    old_number: int | None
    old: str
    new_number: int | None
    new: str


def side_by_side(old: str, new: str, *, around: int = 3) -> Iterator[Pair]:
    """Yield the lines of two texts in pairs; long stretches without a change are left out."""
    before, after = old.splitlines(), new.splitlines()
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(around):
        if group[0][1]:
            yield Pair("skipped", None, "", None, "")
        for tag, a, b, c, d in group:
            yield from _pairs(tag, before, after, a, b, c, d)


def _pairs(
    tag: str, before: list[str], after: list[str], a: int, b: int, c: int, d: int
) -> Iterator[Pair]:
    for step in range(max(b - a, d - c)):
        has_old, has_new = a + step < b, c + step < d
        kind = "same" if tag == "equal" else "changed"
        if not (has_old and has_new):
            kind = "removed" if has_old else "added"
        yield Pair(
            kind,
            a + step + 1 if has_old else None,
            before[a + step] if has_old else "",
            c + step + 1 if has_new else None,
            after[c + step] if has_new else "",
        )
