"""Verify an exported audit log: the lines of a JSON Lines file, without a database.

Each sealed line has its place in the chain (`sealed_line` writes it): what the digests are of, and
the digest before. So a line can be verified by itself, and with its neighbors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from accounts.chain.digests import FIELDS, GENESIS, VERSION, Link, content_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# The name that a line has for each field of a digest. Those of _PRINTED are read as JSON, and the
# digest is of what PostgreSQL prints.
_LINE = {
    **{name: name for name in FIELDS},
    "actor": "actor_id",
    "team": "team_id",
    "subject_kind": "kind",
    "subject_name": "subject",
    "request_id": "request",
}
_PRINTED = ("before", "after")


@dataclass(slots=True, kw_only=True)
class FileReport:
    """How far an exported file holds; `problems` is empty where it does."""

    rows: int = 0
    unsealed: int = 0  # written in the last seconds before the export
    first: int = 0  # the positions of the first and the last row in the file
    last: int = 0
    digest: bytes = b""  # of the last one
    gaps: int = 0  # places where rows are left out, which a filter does
    is_cut: bool = False  # the export ended at its limit
    expected_at: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    position: int
    entry_id: int
    previous: bytes
    digest: bytes


def sealed_line(
    link: Link, *, before: str | None, after: str | None, previous: bytes
) -> Mapping[str, object]:
    """Return what a line says of its place; `before` and `after` as PostgreSQL prints them."""
    return {
        "position": link.position,
        "sealed_at": link.sealed_at.isoformat(),
        "version": link.version,
        "before": before,
        "after": after,
        "content": bytes(link.content).hex(),
        "previous": previous.hex(),
        "digest": link.digest(previous).hex(),
    }


def verify_file(
    lines: Iterable[str], *, expect: bytes | None = None, is_partial: bool = False
) -> FileReport:
    """Return what is wrong with an exported file; `is_partial` allows rows to be left out."""
    report = FileReport()
    rows: list[_Row] = []
    unsealed: list[int] = []
    for number, line in enumerate(lines, start=1):
        try:
            if line.strip():
                _read(line, rows=rows, unsealed=unsealed, report=report)
        except _Wrong as wrong:
            report.problems.append(f"Line {number:,}: {wrong}")
    rows.sort(key=lambda row: (row.position, row.entry_id))
    _follow(rows, report, is_partial=is_partial)
    _look_at_unsealed(unsealed, rows, report)
    if rows:
        report.first, report.last = rows[0].position, rows[-1].position
        report.digest = rows[-1].digest
    report.rows, report.unsealed = len(rows), len(unsealed)
    report.expected_at = next((row.position for row in rows if row.digest == expect), 0)
    return report


class _Wrong(Exception):
    """This line is not as it was written, for this reason."""


def _read(line: str, *, rows: list[_Row], unsealed: list[int], report: FileReport) -> None:
    try:
        entry = json.loads(line)
        if "notice" in entry:
            report.is_cut = True
            return
        place = entry["chain"]
        if place is None:
            unsealed.append(int(entry["id"]))
            return
        link, previous = _link(entry, place), bytes.fromhex(place["previous"])
        texts = _texts(entry, place)
        digest = bytes.fromhex(place["digest"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _Wrong(f"it is no line of an exported audit log ({error!r}).") from error
    name = f"Row {link.position:,} (entry {link.entry_id})"
    if link.version != VERSION:
        raise _Wrong(f"{name} has the unknown version {link.version}.")
    # Kept for the neighbors, also if it is wrong itself: one change is one problem.
    rows.append(_Row(link.position, link.entry_id, previous, digest))
    if content_of(texts) != link.content:
        raise _Wrong(f"{name} was changed.")
    if link.digest(previous) != digest:
        raise _Wrong(f"The seal of row {link.position:,} (entry {link.entry_id}) was changed.")


def _link(entry: Mapping[str, Any], place: Mapping[str, Any]) -> Link:
    return Link(
        position=int(place["position"]),
        entry_id=int(entry["id"]),
        entry_at=datetime.fromisoformat(entry["at"]),
        sealed_at=datetime.fromisoformat(place["sealed_at"]),
        version=int(place["version"]),
        content=bytes.fromhex(place["content"]),
    )


def _texts(entry: Mapping[str, Any], place: Mapping[str, Any]) -> list[str | None]:
    """Return the fields of the digest; what a reader sees of them is what they say."""
    texts = {name: _text(entry[key]) for name, key in _LINE.items() if key not in _PRINTED}
    texts["at"] = _seconds(datetime.fromisoformat(entry["at"]))
    for name in _PRINTED:
        printed = place[name]
        if (None if printed is None else json.loads(printed)) != entry[name]:
            raise _Wrong(f"`{name}` of entry {entry['id']} was changed.")
        texts[name] = printed
    return [texts[name] for name in FIELDS]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _seconds(at: datetime) -> str:
    """Return the time as PostgreSQL prints the seconds since 1970."""
    microseconds = (at - _EPOCH) // _MICROSECOND
    sign, (whole, rest) = "-" * (microseconds < 0), divmod(abs(microseconds), 10**6)
    return f"{sign}{whole}.{rest:06d}"


def _follow(rows: list[_Row], report: FileReport, *, is_partial: bool) -> None:
    """Compare each row with the one before it."""
    if rows and rows[0].position == 1 and rows[0].previous != GENESIS:
        report.problems.append("Row 1 does not begin the chain: rows before it were removed.")
    for before, row in pairwise(rows):
        if row.position == before.position:
            problem = f"Row {row.position:,} is there twice: a line was inserted."
            report.problems.append(problem)
        elif row.position > before.position + 1:
            report.gaps += 1
            if not is_partial:
                report.problems.append(_missing(before.position + 1, row.position - 1))
        elif row.previous != before.digest:
            report.problems.append(
                f"Row {row.position:,} does not follow the row before it: one of them was changed "
                "or inserted together with its seal."
            )
        if row.entry_id <= before.entry_id and row.position != before.position:
            problem = f"Row {row.position:,} (entry {row.entry_id}) is out of order."
            report.problems.append(problem)


def _missing(first: int, last: int) -> str:
    return (
        f"Row {first:,} is missing."
        if first == last
        else f"Rows {first:,} to {last:,} are missing."
    )


def _look_at_unsealed(unsealed: list[int], rows: list[_Row], report: FileReport) -> None:
    newest = max((row.entry_id for row in rows), default=0)
    report.problems += [
        f"Entry {entry_id} was inserted: newer ones are sealed, and it is not."
        for entry_id in unsealed
        if entry_id < newest
    ]
