"""Whole lines of a log from any byte on, by what its pieces say: what is before is not read."""

from __future__ import annotations

from images.building.log import read_from
from images.building.log_view import numbered


def lines_from(build_id: int, offset: int) -> tuple[list[tuple[int, str]], int]:
    """Return lines with their numbers from a byte on, about 256 KiB, and the byte after them."""
    read = read_from(build_id, offset)
    text = read.text[: read.text.rfind("\n") + 1]
    if not text:  # no line ends here: it is taken as it is
        return list(numbered(read)), read.end
    whole = type(read)(text, read.end, read.left_out, read.lines_before)
    if text == read.text:
        return list(numbered(whole)), read.end
    return list(numbered(whole)), offset + read.left_out + len(text.encode())
