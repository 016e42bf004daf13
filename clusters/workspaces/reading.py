"""A file of a workspace as its page shows it: text, or the cells of a notebook, never their output.

What notebooks print may be HTML and pictures; these are for JupyterLab's origin alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

MOST_SHOWN = 200_000  # characters
MOST_CELLS = 500


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a notebook."""

    kind: str  # "code", "markdown" or "raw"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """What is shown of a file: cells or else text; neither where it is no text."""

    text: str = ""
    cells: tuple[Cell, ...] = ()
    is_text: bool = True
    is_cut: bool = False


def shown(path: str, content: bytes) -> ShownFile:
    """Return what the page of a file shows."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return ShownFile(is_text=False)
    if "\0" in text:
        return ShownFile(is_text=False)
    if path.endswith(".ipynb") and (cells := _cells(text)) is not None:
        return _within(cells)
    return ShownFile(text=text[:MOST_SHOWN], is_cut=len(text) > MOST_SHOWN)


def _cells(text: str) -> list[Cell] | None:
    """Return the cells of a notebook; None where it is none of version 4."""
    try:
        return [_cell(each) for each in json.loads(text)["cells"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _cell(told: dict[str, object]) -> Cell:
    kind, source = told["cell_type"], told["source"]
    text = "".join(source) if isinstance(source, list) else source
    if kind not in {"code", "markdown", "raw"} or not isinstance(text, str):
        raise ValueError("no cell of a notebook")
    return Cell(str(kind), text)


def _within(cells: list[Cell]) -> ShownFile:
    kept: list[Cell] = []
    room = MOST_SHOWN
    for cell in cells[:MOST_CELLS]:
        kept.append(Cell(cell.kind, cell.text[:room]))
        room -= len(cell.text)
        if room <= 0:
            break
    is_cut = room < 0 or len(kept) < len(cells)
    return ShownFile(cells=tuple(kept), is_cut=is_cut)
