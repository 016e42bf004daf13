"""A YAML text read in pieces: of a text that differs in one line, one piece is read again.

A piece is a key at the beginning of a line with all that stands below it, or one entry of the list
below such a key. Each is read by itself, as a document of its own. What pieces cannot show is read
as a whole: aliases, errors of syntax, keys that stand there twice, anything that begins a line and
is no plain key. Both ways give the same tree (tests/domain/yaml/test_pieces.py).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.problems import Loc, Mark, Problem
from domain.yaml.memory import Memory
from domain.yaml.plain_tree import MAX_VALUES
from domain.yaml.tree import Builder, Tree, build, events_of, read, unreadable

MOST_KEPT = 100_000
"""Values in all pieces that a process keeps, some hundred bytes each; and their text, likewise."""
_LETTERS = 100

_KEY = re.compile(r"[A-Za-z_]\w*:(?= |$)", re.ASCII)
_HEAD = re.compile(r"(?P<key>[A-Za-z_]\w*):[ ]*(?:#.*)?$", re.ASCII)
_ENTRY = re.compile(r"(?P<indent>[ ]*)-(?= |$)", re.ASCII)
_DOCUMENT = re.compile(r"---[ ]*$")
_BESIDE = re.compile(r"[ ]*(?:#|$)", re.ASCII)
_LINES = re.compile(r"[^\n]*\n|[^\n]+\Z")
# What YAML takes for the end of a line, besides \n, or ignores before the first one.
_OTHER_LINES = re.compile("[\r\x85\u2028\u2029\ufeff]")


class OnlyWhole(Exception):
    """The text has to be read as a whole."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What some lines say; in places and problems, lines count from the first of them."""

    value: object
    marks: tuple[tuple[str, int, int], ...]  # path, line, column
    problems: tuple[Problem, ...]
    seen: int  # how many values, with the mapping or list around them
    weight: int
    stands_alone: bool = True


_PIECES: Memory[_Piece] = Memory(MOST_KEPT, weigh=lambda piece: piece.weight)


def read_in_pieces(text: str) -> Tree:
    """The same as `read(text)`, without reading again what stood in an earlier text."""
    if unreadable(text) or _OTHER_LINES.search(text):
        return read(text)
    try:
        return _Reading().of(text)
    except OnlyWhole:
        return read(text)


class _Reading:
    """A text that is put together of its pieces."""

    def __init__(self) -> None:
        self.tree = Tree(is_complete=True)
        self.seen = 1  # the mapping of the whole text

    def of(self, text: str) -> Tree:
        value: dict[object, object] = {}
        for line, lines in by_key(text):
            key, below = self._entry(line, lines)
            if key in value:
                raise OnlyWhole
            value[key] = below
        if self.seen > MAX_VALUES or not value:
            raise OnlyWhole
        self.tree.value = value
        return self.tree

    def _entry(self, line: int, lines: Sequence[str]) -> tuple[str, object]:
        """The key of a piece, and what it says."""
        head = _HEAD.match(lines[0])
        starts = entries_of(lines) if head else []
        mapping = self._piece(lines[: starts[0]] if starts else lines, line=line).value
        if not isinstance(mapping, dict) or len(mapping) != 1:
            raise OnlyWhole
        [(key, value)] = mapping.items()
        if not isinstance(key, str):
            raise OnlyWhole
        if not starts:
            return key, value
        if value is not None:
            raise OnlyWhole
        return key, self._items(key, line, lines, starts)

    def _items(
        self, key: str, line: int, lines: Sequence[str], starts: Sequence[int]
    ) -> list[object]:
        """The entries of a list, each of them a piece."""
        items: list[object] = []
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            piece = self._piece(lines[start:end], line=line + start, loc=(key,), index=len(items))
            if not isinstance(piece.value, list) or len(piece.value) != 1:
                raise OnlyWhole
            items += piece.value
        return items

    def _piece(self, lines: Sequence[str], *, line: int, loc: Loc = (), index: int = 0) -> _Piece:
        text = "".join(lines)
        piece = _PIECES.get((text, loc), lambda: _read(text, loc))
        if not piece.stands_alone:
            raise OnlyWhole
        self.seen += piece.seen - 1
        here = f"{loc[0]}[0]" if loc else ""
        place, begins = (f"{loc[0]}[{index}]" if loc else ""), len(here)
        self.tree.marks |= {
            place + path[begins:]: Mark(line + at, column) for path, at, column in piece.marks
        }
        self.tree.problems += [
            replace(
                problem,
                path=place + problem.path[begins:],
                line=line + (problem.line or 0),
                column=problem.column,
            )
            for problem in piece.problems
        ]
        return piece


def _read(text: str, loc: Loc) -> _Piece:
    tree = Tree()
    builder = Builder(tree, events_of(text))
    build(builder, text, loc)
    has_alias = any(problem.code == "unknown-alias" for problem in tree.problems)
    weight = builder.seen + len(text) // _LETTERS
    if not tree.is_complete or builder.anchors or has_alias:
        return _Piece(None, (), (), builder.seen, len(text) // _LETTERS + 1, stands_alone=False)
    marks = tuple((path, mark.line, mark.column) for path, mark in tree.marks.items())
    return _Piece(tree.value, marks, tuple(tree.problems), builder.seen, weight)


def by_key(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    """The lines of each key, and how many are above; the first has what stands above it, too.

    Raises `OnlyWhole` where something else than a plain key begins a line.
    """
    lines: list[str] = _LINES.findall(text)
    starts = []
    for number, line in enumerate(lines):
        if _KEY.match(line):
            starts.append(number)
        elif not (_ENTRY if starts else _DOCUMENT).match(line) and line[0] not in " #\n":
            raise OnlyWhole
    if not starts:
        raise OnlyWhole
    starts[0] = 0
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start, lines[start:end]


def key_of(lines: Sequence[str]) -> str:
    """The key of a piece, whatever stands above it."""
    return next(line for line in lines if _KEY.match(line)).partition(":")[0]


def entries_of(lines: Sequence[str]) -> list[int]:
    """Where the entries begin of a list that stands below a key; none if it is no such list."""
    starts: list[int] = []
    indent = ""
    for number, line in enumerate(lines[1:], start=1):
        if _BESIDE.match(line):
            continue
        entry = _ENTRY.match(line)
        if entry and (not starts or entry["indent"] == indent):
            indent = entry["indent"]
            starts.append(number)
        elif not starts or not line.startswith(indent + " "):
            return []
    return starts
