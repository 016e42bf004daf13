"""What is wrong with a configuration, and where: the one form every check answers in."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum

Loc = tuple[str | int, ...]
"""The keys and indices that lead from the top of a document to one value."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_LAST_STEP = re.compile(r"(?:\[[^\[\]]*\]|\.[^.\[\]]+|^[^.\[\]]+)\Z")


class Severity(StrEnum):
    """How much a problem matters: only errors stop a configuration from being used."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Verb(StrEnum):
    """What one step of a fix does at its place."""

    SET = "set"
    REMOVE = "remove"
    RENAME = "rename"  # the key; `value` is its new name


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the document, at the value that `loc` leads to."""

    verb: Verb
    loc: Loc
    value: object = None


@dataclass(frozen=True, slots=True)
class Fix:
    """What one click does about a problem: its button's words, and the changes in their order.

    Made without a click only where nothing that was meant is lost (`domain.yaml.safety`).
    """

    label: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake at one place; `path` is "" for the whole document, lines count from 1."""

    path: str
    severity: Severity
    code: str
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text; both count from 1."""

    line: int
    column: int


def error(path: str, code: str, message: str, *, hint: str = "", fix: Fix | None = None) -> Problem:
    """A problem that stops the configuration from being used."""
    return _problem(Severity.ERROR, path, code, message, hint=hint, fix=fix)


def warning(
    path: str, code: str, message: str, *, hint: str = "", fix: Fix | None = None
) -> Problem:
    """A problem that is probably a mistake, but may be meant."""
    return _problem(Severity.WARNING, path, code, message, hint=hint, fix=fix)


def note(path: str, code: str, message: str, *, hint: str = "", fix: Fix | None = None) -> Problem:
    """Something worth knowing that is not a mistake."""
    return _problem(Severity.HINT, path, code, message, hint=hint, fix=fix)


def _problem(
    severity: Severity, path: str, code: str, message: str, *, hint: str, fix: Fix | None
) -> Problem:
    return Problem(path=path, severity=severity, code=code, message=message, hint=hint, fix=fix)


def has_errors(problems: Iterable[Problem]) -> bool:
    """True if any of the problems stops the configuration from being used."""
    return any(problem.severity is Severity.ERROR for problem in problems)


_STEP = re.compile(r'\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\["([^"]*)"\]')


def loc_of(path: str) -> Loc:
    """The keys and indices of a path that `path_of` wrote."""
    return tuple(
        int(found[2]) if found[2] else found[1] or found[3] for found in _STEP.finditer(path)
    )


def inside(path: str, key: str) -> Loc:
    """Where a key under a path is; a path itself may show a key that cannot be read otherwise."""
    return (*loc_of(path), key)


def setting(at: str | Loc, value: object, *, label: str = "") -> Fix:
    """The fix that gives the value at a place."""
    return Fix(label or f"Set to {shown_short(value)}", (Step(Verb.SET, _loc(at), value),))


def removing(at: str | Loc, *, label: str = "") -> Fix:
    """The fix that takes out what stands at a place."""
    return Fix(label or f"Remove {_last(_loc(at))}", (Step(Verb.REMOVE, _loc(at)),))


def renaming(at: str | Loc, key: str) -> Fix:
    """The fix that gives the key at a place another name."""
    return Fix(f"Rename to {key}", (Step(Verb.RENAME, _loc(at), key),))


def moving(at: Loc, to: Loc, value: object) -> Fix:
    """The fix that takes a value out where it stands and gives it to another place."""
    steps = (Step(Verb.REMOVE, at), Step(Verb.SET, to, value))
    return Fix(f"Move to {path_of(to)}", steps)


def _loc(at: str | Loc) -> Loc:
    return loc_of(at) if isinstance(at, str) else at


def shown_short(value: object) -> str:
    """A value as a button says it."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 24 else f"{text[:21]}..."


def _last(loc: Loc) -> str:
    return shown_short(_readable(loc[-1])) if loc and isinstance(loc[-1], str) else "it"


def path_of(loc: Loc) -> str:
    """The path as people read it: `worker_nodes[0].max_nodes`, `labels["ray.io/zone"]`."""
    path = ""
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN_KEY.match(step):
            path += f".{step}" if path else step
        else:
            path += f'["{_readable(step)}"]'
    return path


def parent_of(path: str) -> str:
    """The path of the value that holds this one, always a shorter one; "" above the top."""
    found = _LAST_STEP.search(path)
    return path[: found.start()] if found else ""


def is_within(path: str, outer: str) -> bool:
    """True if `path` is `outer` or lies below it."""
    return path == outer or not outer or path.startswith((f"{outer}.", f"{outer}["))


def located(problem: Problem, marks: Mapping[str, Mark]) -> Problem:
    """The problem with the line and column of its path, or of the nearest thing around it."""
    if problem.line is not None:
        return problem
    path = problem.path
    while path and path not in marks:
        path = parent_of(path)
    mark = marks.get(path)
    return replace(problem, line=mark.line, column=mark.column) if mark else problem


def by_place(problems: Iterable[Problem]) -> list[Problem]:
    """The problems from the top of the text to its end; those without a line come last."""
    return sorted(problems, key=lambda p: (p.line is None, p.line or 0, p.column or 0, p.path))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence with the known word nearest to the given one, or ""."""
    near = nearest(word, known)
    return f"Did you mean `{near}`?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that looks most like the given one, or ""."""
    by_lower = {name.lower(): name for name in known}
    lower = word[:200].lower()
    if lower in by_lower:
        return str(by_lower[lower])
    for likely in _likely(lower, by_lower):
        if near := get_close_matches(lower, likely, n=1, cutoff=0.6):
            return str(by_lower[near[0]])
    return ""


_PARTS = re.compile(r"[^a-z0-9]+")


def _likely(word: str, known: Iterable[str]) -> Iterator[list[str]]:
    """All words, or of very many those that begin alike, then those that share a part: comparing
    all of an instance catalogue takes too long.
    """
    words = list(known)
    if len(words) <= 200:
        yield words
        return
    yield [one for one in words if one[:2] == word[:2]]
    parts = set(_PARTS.split(word))
    yield [one for one in words if not parts.isdisjoint(_PARTS.split(one))]


def shown(value: object) -> str:
    """The value as a message quotes it: on one line, at most 60 characters."""
    text = repr(value) if not isinstance(value, str) else f"'{_readable(value)}'"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _readable(text: str) -> str:
    """Brackets and quotes would make a path ambiguous; control characters would break a line."""
    cleaned = "".join(c if c.isprintable() and c not in '[]"' else "?" for c in text)
    return cleaned if len(cleaned) <= 100 else f"{cleaned[:97]}..."
