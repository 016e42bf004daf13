"""Lines of a log as a page shows them: the last ones, or those that contain some words."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line; `is_match` if it is what was searched for."""

    text: str
    is_match: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its number, counted from 1."""

    number: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines that a page shows, of how many that fit, of how many there are."""

    shown: tuple[Line, ...]
    matching: int
    total: int

    @property
    def first_number(self) -> int:
        """The number of the first line shown; 0 if there is none."""
        return self.shown[0].number if self.shown else 0


def lines_of(text: str, *, words: str = "", most: int) -> Lines:
    """Return the last `most` lines that contain `words` in any case; all contain no words."""
    pattern = re.compile(re.escape(words), re.IGNORECASE) if words else None
    shown: deque[Line] = deque(maxlen=most)
    matching, total = 0, 0
    for total, line in enumerate(text.removesuffix("\n").split("\n") if text else [], start=1):
        parts = tuple(_parts(_readable(line), pattern))
        if pattern is not None and not any(part.is_match for part in parts):
            continue
        matching += 1
        shown.append(Line(total, parts))
    return Lines(shown=tuple(shown), matching=matching, total=total)


def _readable(line: str) -> str:
    """Return what a terminal would show of a line that was written over, such as a progress bar."""
    return line.rstrip("\r").rpartition("\r")[2]


def _parts(line: str, pattern: re.Pattern[str] | None) -> Iterator[Part]:
    end = 0
    for match in pattern.finditer(line) if pattern else ():
        if match.start() > end:
            yield Part(line[end : match.start()])
        yield Part(match[0], is_match=True)
        end = match.end()
    if end < len(line) or not end:
        yield Part(line[end:])
