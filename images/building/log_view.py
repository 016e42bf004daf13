"""What a page shows of a build's log: its end, or the lines that contain some words."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from images.building.log import Read, omission, read_from
from images.models import Build

LONGEST_SEARCH = 200
MOST_LINES = 2_000
_END_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a line."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its number, from 1."""

    number: int
    parts: list[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """The last lines; `matching` counts all that are kept, `total` all; `end` is the byte after."""

    lines: list[Line]
    matching: int
    total: int
    end: int


def log_view(build: Build, *, words: str = "") -> LogView:
    """Return the last 2,000 lines of the log that contain `words`, whatever their case.

    Without words, only the end of the log is read, at most 1 MiB of it.
    """
    if not words:
        return _end_of(build)
    wanted, matching = words.lower(), 0
    found: deque[tuple[int, str]] = deque(maxlen=MOST_LINES)
    for number, line in _numbered(build.pk, 0):
        if wanted in line.lower():
            matching += 1
            found.append((number, line))
    shown = [Line(number, list(_parts(line, wanted))) for number, line in found]
    return LogView(lines=shown, matching=matching, total=build.log_lines, end=build.log_bytes)


def numbered(read: Read) -> Iterator[tuple[int, str]]:
    """Yield the lines of a piece with their numbers; a line in brackets stands for a gap."""
    if read.left_out:
        yield read.lines_before, omission(read.left_out).rstrip("\n")
    yield from enumerate(read.text.removesuffix("\n").split("\n"), read.lines_before + 1)


def _end_of(build: Build) -> LogView:
    start = max(build.log_bytes - _END_BYTES, 0)
    lines = list(_numbered(build.pk, start))
    if start and len(lines) > 1:
        lines = lines[1:]  # it may have begun before
    shown = [Line(number, [Part(line, is_match=False)]) for number, line in lines[-MOST_LINES:]]
    return LogView(
        lines=shown, matching=build.log_lines, total=build.log_lines, end=build.log_bytes
    )


def _numbered(build_id: int, offset: int) -> Iterator[tuple[int, str]]:
    """Yield the lines from a byte on; one that two pieces share is whole."""
    number, half = 0, ""
    while (read := read_from(build_id, offset)).end != offset:
        offset = read.end
        first, *others = numbered(read)
        if read.left_out:
            if half:
                yield number, half
            yield first
            number, half = 0, ""
            first, *others = others
        lines = [(number or first[0], half + first[1]), *others]
        if read.text.endswith("\n"):
            number, half = 0, ""
        else:
            number, half = lines.pop()
        yield from lines
    if half:
        yield number, half


def _parts(line: str, wanted: str) -> Iterator[Part]:
    lower = line.lower()
    # Some letters have another length in lower case.
    at = lower.find(wanted) if wanted and len(lower) == len(line) else -1
    start = 0
    while at >= 0:
        yield Part(line[start:at], is_match=False)
        start = at + len(wanted)
        yield Part(line[at:start], is_match=True)
        at = lower.find(wanted, start)
    yield Part(line[start:], is_match=False)
