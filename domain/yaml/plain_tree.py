"""Mappings from outside, made safe: only text keys, finite numbers, bounded in size and depth."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from domain.problems import Loc, Problem, error, path_of, shown
from domain.quantities import LARGEST

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
MAX_DEPTH = 40
MAX_VALUES = 20_000


class TooMuch(Exception):
    """The document is deeper or, with its aliases written out, larger than we read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def too_deep(loc: Loc) -> Problem:
    """The problem of a value with too many others around it."""
    message = f"The configuration is nested more than {MAX_DEPTH} levels deep."
    return error(path_of(loc[:3]), "too-deep", message)


def too_many_values() -> Problem:
    """The problem of a document that would take too long to read."""
    message = f"The configuration has more than {MAX_VALUES:,} values."
    return error("", "too-many-values", message, hint="Aliases count each time they are used.")


@dataclass(slots=True)
class Cleaning:
    """A walk over one document: the problems met, and where values had to be left out."""

    problems: list[Problem] = field(default_factory=list)
    broken: list[Loc] = field(default_factory=list)
    seen: int = 0

    def clean(self, value: object, *, loc: Loc = ()) -> object:
        """A copy of the value in plain dicts and lists, without what has no place in one.

        Raises TooMuch when it is too deep or too large.
        """
        self._count(loc)
        match value:
            case Mapping():
                return dict(self._entries(value, loc))
            case list() | tuple():
                return [self.clean(item, loc=(*loc, index)) for index, item in enumerate(value)]
        if not _is_fine(value) and (problem := _scalar_problem(value, path_of(loc))):
            self._report(problem, loc)
        return value

    def _entries(self, mapping: Mapping[object, object], loc: Loc) -> Iterator[tuple[str, object]]:
        for key, item in mapping.items():
            if not isinstance(key, str):
                message = f"The key {shown(key)} is not text."
                hint = "Put the key in quotes."
                self._report(error(path_of(loc), "key-not-text", message, hint=hint), loc=None)
                continue
            below = (*loc, key)
            if _has_control_character(key):
                self._report(_control_character(path_of(below)), loc=None)
                continue
            cleaned = self.clean(item, loc=below)
            if below not in self.broken:
                yield key, cleaned

    def _report(self, problem: Problem, loc: Loc | None) -> None:
        self.problems.append(problem)
        if loc is not None:
            self.broken.append(enclosing_entry(loc))

    def _count(self, loc: Loc) -> None:
        self.seen += 1
        if len(loc) > MAX_DEPTH:
            raise TooMuch(too_deep(loc))
        if self.seen > MAX_VALUES:
            raise TooMuch(too_many_values())


def enclosing_entry(loc: Loc) -> Loc:
    """The nearest place at or above `loc` that is a key, not a position in a list."""
    while loc and isinstance(loc[-1], int):
        loc = loc[:-1]
    return loc


def _is_fine(value: object) -> bool:
    """True for what most values are; whatever else there is, `_scalar_problem` says."""
    kind = type(value)
    if kind is str:
        return not _has_control_character(cast("str", value))
    return kind is bool or (kind is int and -LARGEST <= cast("int", value) <= LARGEST)


def _scalar_problem(value: object, path: str) -> Problem | None:
    match value:
        case None | bool():
            return None
        case str():
            return _control_character(path) if _has_control_character(value) else None
        case int() if abs(value) > LARGEST:
            return error(path, "number-too-large", f"The number is larger than {LARGEST}.")
        case float() if not math.isfinite(value):
            message = f"{value} is not a finite number."
            return error(path, "not-finite", message, hint="Remove the key for no limit.")
        case int() | float():
            return None
    message = f"A value of type {type(value).__name__} cannot be used here."
    return error(path, "unsupported-value", message)


def _control_character(path: str) -> Problem:
    message = "The text has a character that cannot be printed or stored."
    return error(path, "control-character", message, hint="Delete it and type the text again.")


def _has_control_character(text: str) -> bool:
    """True for NUL and its like, and for halves of characters, which no database stores."""
    return _CONTROL.search(text) is not None
