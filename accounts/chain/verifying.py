"""Verify the audit trail against its seals: a walk along the chain in bounded memory.

Each seal is checked against the one before, and each entry against its seal. The walk ends at the
first difference, which it names.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.chain.digests import GENESIS, VERSION, Link
from accounts.chain.entries import Sealable, entries_between, newest_id
from accounts.chain.removed import Removed
from accounts.models import AuditEntry, AuditSeal

_BATCH = 5_000
# What a transaction may take, and the clocks of two machines may differ.
_LATE = timedelta(hours=1)
_ENDLESS = 2**63 - 1

type _Seal = tuple[Link, bytes]


@dataclass(slots=True, kw_only=True)
class Report:
    """How far the chain holds; `problem` is "" where it does to the end."""

    rows: int = 0
    removed: int = 0  # by retention; their seals hold
    unsealed: int = 0
    late: int = 0  # dated more than an hour before a row ahead of them
    first_late: int = 0
    position: int = 0
    digest: bytes = GENESIS
    sealed_at: datetime | None = None
    problem: str = ""
    expected_at: int = 0  # the position that has the expected digest
    is_complete: bool = True  # False: the time was up before the end


@dataclass(slots=True)
class _Walk:
    report: Report
    expect: bytes | None
    removed: Removed = field(default_factory=Removed)
    entry_id: int = 0
    newest: datetime | None = None


class _Broken(Exception):
    """The chain does not hold here, for this reason."""


def verify(
    *, expect: bytes | None = None, after: AuditSeal | None = None, seconds: float = math.inf
) -> Report:
    """Return what the chain proves; `expect` is a digest that some row must have.

    `after` is a seal up to which the chain was verified already.
    """
    walk = _Walk(Report(), expect)
    if after is not None:
        walk.report.position, walk.report.digest = after.position, bytes(after.digest)
        walk.entry_id = after.entry_id
    deadline = time.monotonic() + seconds
    try:
        while batch := _seals_after(walk.report.position):
            if time.monotonic() > deadline:
                walk.report.is_complete = False
                return walk.report
            _follow(walk, batch)
        _check_unsealed(walk)
    except _Broken as broken:
        walk.report.problem = str(broken)
    return walk.report


def _seals_after(position: int) -> list[_Seal]:
    seals = AuditSeal.objects.filter(position__gt=position).order_by("position")
    rows = seals.values_list(
        *("position", "entry_id", "entry_at", "at", "version", "content", "digest")
    )
    return [(Link(*link), bytes(digest)) for *link, digest in rows[:_BATCH]]


def _follow(walk: _Walk, batch: list[_Seal]) -> None:
    """Verify the entries that a batch of seals is for."""
    chained, broken = _chained(walk, batch)
    if chained:
        last = chained[-1][0].entry_id
        # One more than there may be shows that there is one too many.
        entries = iter(entries_between(walk.entry_id, last, most=len(chained) + 1))
        entry = next(entries, None)
        for link, digest in chained:
            entry = _compare(walk, link, entry, entries)
            _pass(walk, link, digest)
        if entry is not None:
            raise _Broken(_inserted(entry, after=walk.report.position))
    if broken:
        raise _Broken(broken)


def _chained(walk: _Walk, batch: list[_Seal]) -> tuple[list[_Seal], str]:
    """Return the seals that continue the chain, and what is wrong with the one after them."""
    position, digest, entry_id = walk.report.position, walk.report.digest, walk.entry_id
    for count, (link, sealed) in enumerate(batch):
        position += 1
        digest = link.digest(digest)
        if problem := _problem(link, position=position, holds=digest == sealed, after=entry_id):
            return batch[:count], problem
        entry_id = link.entry_id
    return batch, ""


def _problem(link: Link, *, position: int, holds: bool, after: int) -> str:
    """Return what is wrong with a seal itself, or ""."""
    if link.position != position:
        return f"The seal of row {position:,} is missing."
    if link.version != VERSION:
        return f"The seal of row {position:,} has the unknown version {link.version}."
    if not holds:
        return (
            f"The seal of row {position:,} (entry {link.entry_id} of {_time(link.entry_at)}) was "
            "changed, or a row before it was removed or inserted together with its seal."
        )
    if link.entry_id <= after:
        return f"Row {position:,} (entry {link.entry_id}) is out of order."
    return ""


def _compare(
    walk: _Walk, link: Link, entry: Sealable | None, entries: Iterator[Sealable]
) -> Sealable | None:
    """Compare a seal with the entry that should be its own; return the entry for the next one."""
    if entry is not None and entry.id < link.entry_id:
        raise _Broken(_inserted(entry, after=link.position - 1))
    if entry is None or entry.id != link.entry_id:
        if not walk.removed.covers(link.entry_at):
            raise _Broken(f"{_name(link)} is missing.")
        walk.report.removed += 1
        return entry
    if entry.content != link.content:
        raise _Broken(f"{_name(link)} was changed.")
    walk.report.rows += 1
    return next(entries, None)


def _pass(walk: _Walk, link: Link, digest: bytes) -> None:
    report = walk.report
    report.position, report.digest, report.sealed_at = link.position, digest, link.sealed_at
    walk.entry_id = link.entry_id
    if walk.expect == digest:
        report.expected_at = link.position
    if walk.newest is None or link.entry_at > walk.newest:
        walk.newest = link.entry_at
    elif link.entry_at < walk.newest - _LATE:
        report.late += 1
        report.first_late = report.first_late or link.position


def _check_unsealed(walk: _Walk) -> None:
    newest = newest_id()
    walk.report.unsealed = AuditEntry.objects.filter(pk__gt=walk.entry_id, pk__lte=newest).count()
    for entry in entries_between(newest, _ENDLESS, most=1):
        # It may have been written since.
        if entry.id > newest_id():
            raise _Broken(_inserted(entry, after=walk.report.position))


def _inserted(entry: Sealable, *, after: int) -> str:
    return f"Entry {entry.id} of {_time(entry.at)} was inserted after row {after:,}."


def _name(link: Link) -> str:
    return f"Row {link.position:,} (entry {link.entry_id} of {_time(link.entry_at)})"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
