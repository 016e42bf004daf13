"""YAML text as plain values, with the place of each and every problem on the way.

We build the values from the parser's events ourselves: it lets us report duplicate keys, dates and
unknown tags together, and keeps aliases from growing into gigabytes.
"""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from domain.problems import Loc, Mark, Problem, error, path_of, shown, warning
from domain.quantities import LARGEST
from domain.yaml.manifest_words import manifest_scalar
from domain.yaml.plain_tree import (
    MAX_DEPTH,
    MAX_VALUES,
    TooMuch,
    too_deep,
    too_many_values,
)

MAX_BYTES = 1_048_576

VALUE_EVENTS = (ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent)
type ValueEvent = ScalarEvent | AliasEvent | MappingStartEvent | SequenceStartEvent

# What ruamel.yaml lets through from its scanner, besides its own errors, on hostile text.
_PARSER_FAILURES = (
    YAMLError, ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError,
    OverflowError, NotImplementedError, StopIteration,
)  # fmt: skip

# The scanner looks far ahead at openings without an end, again for each of them.
_OPENINGS = re.compile(rf"(?:[\[{{]\s{{0,9}}){{{MAX_DEPTH + 1}}}")

_NO_KEY = object()
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?\d+\Z", re.ASCII)
_BASED = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?\Z", re.ASCII)
_SPECIAL = re.compile(r"(?P<inf>[-+]?\.(?:inf|Inf|INF))\Z|\.(?:nan|NaN|NAN)\Z")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt \t].*)?\Z", re.ASCII | re.DOTALL)
_READ_DIFFERENTLY = re.compile(
    r"(?:yes|no|on|off)\Z|[-+]?0\d+\Z|[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?\Z"
    r"|[-+]?\d[\d_]*_[\d_.]*\Z|[-+]?0b[01_]+\Z|0o[0-7]+\Z|[-+]?\d+(?:[eE][-+]?\d+)\Z"
    r"|[-+]?[\d.]+[eE]\d+\Z",
    re.IGNORECASE | re.ASCII,
)


def _is_understood(text: str, loc: Loc) -> bool:
    """True for an `off` of ours, for which the `false` of older readers is taken as well."""
    return text == "off" and loc[:1] == ("mobula",) and loc[-1] in {"consolidation", "mode"}


@dataclass(slots=True)
class Tree:
    """What a text says: its top value, where each path stands, and what is wrong so far."""

    value: object = None
    marks: dict[str, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_complete: bool = False


def read(text: str) -> Tree:
    """The text as plain values; `is_complete` is false if it could not be read to its end."""
    tree = Tree()
    if problem := unreadable(text):
        tree.problems.append(problem)
        return tree
    build(Builder(tree, events_of(text)), text)
    return tree


def build(builder: "Builder", text: str, loc: Loc = ()) -> None:
    """Let the builder fill its tree; what stops it becomes a problem of the tree."""
    try:
        builder.build(loc)
    except TooMuch as too_much:
        builder.tree.problems.append(too_much.problem)
    except _PARSER_FAILURES as failure:
        builder.tree.problems.append(_syntax_problem(failure, text))


def events_of(text: str) -> Iterator[Event]:
    """What the parser meets in the text, one after the other."""
    return iter(YAML(typ="safe", pure=True).parse(text))


def scalar(text: str) -> object:
    """The value of an unquoted word: null, a boolean, a number, or the text itself."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.match(text):
        return int(text) if len(text) <= 400 else LARGEST * 10
    if _BASED.match(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    if special := _SPECIAL.match(text):
        return float(text.replace(".", "")) if special["inf"] else float("nan")
    return float(text) if _FLOAT.match(text) else text


def needs_quotes(text: str) -> bool:
    """True if the text without quotes would be read as something else, by us or by Kubernetes."""
    reads_as_text = scalar(text) == text == manifest_scalar(text) and text.isprintable()
    reads_as_text = reads_as_text and text != "<<"
    # In a list within a list, a question mark at the beginning would mark a key.
    if text.startswith("?"):
        return True
    return not reads_as_text or bool(_DATE.match(text) or _READ_DIFFERENTLY.match(text))


def unreadable(text: str) -> Problem | None:
    """Why the text is not even looked at; None if it is."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        message = f"The text is {size:,} bytes long; at most {MAX_BYTES:,} are read."
        return error("", "text-too-large", message)
    if _OPENINGS.search(text):
        return too_deep(())
    return None


class Builder:
    """Turns parser events into values; recursion is bounded by MAX_DEPTH."""

    def __init__(self, tree: Tree, events: Iterator[Event]) -> None:
        self.tree = tree
        self.events = events
        self.anchors: dict[str, object] = {}
        self.seen = 0

    def build(self, loc: Loc = ()) -> None:
        """Read the only document; its value stands at `loc`."""
        documents = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._report("", "several-documents", "Only one document is read.", event)
                    return
            elif isinstance(event, StreamEndEvent):
                break
            elif isinstance(event, VALUE_EVENTS):
                self.tree.value = self.value(event, loc)
        self.tree.is_complete = True

    def value(self, event: ValueEvent, loc: Loc) -> object:
        """The value that begins with this event."""
        self._count(event, loc)
        if isinstance(event, AliasEvent):
            return self._aliased(event, loc)
        self._check_tag(event, loc)
        value: object
        if isinstance(event, MappingStartEvent):
            value = self._mapping(loc)
        elif isinstance(event, SequenceStartEvent):
            value = self._sequence(loc)
        else:
            value = self.scalar(event, loc)
        if event.anchor:
            self.anchors[event.anchor] = value
        return value

    def _mapping(self, loc: Loc) -> dict[object, object]:
        mapping: dict[object, object] = {}
        merged: list[object] = []
        for event in self._until(MappingEndEvent):
            # A key is read at the place of its mapping; only then is its own place known.
            key = self.key(event, loc)
            below = (*loc, key) if isinstance(key, str) else (*loc, "?")
            self.tree.marks.setdefault(path_of(below), _mark(event))
            value = self.value(cast("ValueEvent", next(self.events)), below)
            if key == "<<" and isinstance(event, ScalarEvent) and not event.style:
                merged.extend(value if isinstance(value, list) else [value])
            elif key in mapping:
                self._report(
                    path_of(below), "duplicate-key", f"{shown(key)} is given twice.", event
                )
            elif key is not _NO_KEY:
                mapping[key] = value
        for source in merged:
            mapping = {**source, **mapping} if isinstance(source, dict) else mapping
        return mapping

    def key(self, event: ValueEvent, loc: Loc) -> object:
        """The key of a mapping; `_NO_KEY` if it can be none."""
        key = self.value(event, loc)
        if isinstance(key, Hashable):
            return key
        message = "A key must be a word, not a list or a mapping."
        hint = "A template such as {{ name }} must be in quotes."
        self._report(path_of(loc), "key-not-text", message, event, hint=hint)
        return _NO_KEY

    def _sequence(self, loc: Loc) -> list[object]:
        items: list[object] = []
        for event in self._until(SequenceEndEvent):
            below = (*loc, len(items))
            self.tree.marks[path_of(below)] = _mark(event)
            items.append(self.value(event, below))
        return items

    def scalar(self, event: ScalarEvent, loc: Loc) -> object:
        """The value of a single word or text."""
        text = str(event.value)
        if event.style or str(event.tag or "").endswith(":str"):
            return text
        if _DATE.match(text):
            message = f"{shown(text)} is a date, which no setting accepts."
            self._report(path_of(loc), "date-value", message, event, hint="Put it in quotes.")
        elif _READ_DIFFERENTLY.match(text) and not _is_understood(text, loc):
            meant = shown(scalar(text))
            message = (
                f"{shown(text)} is read as {meant} here, but differently by older YAML readers."
            )
            hint = "Write true or false, a plain number, or put the text in quotes."
            self.tree.problems.append(
                _at(event, warning(path_of(loc), "ambiguous-word", message, hint=hint))
            )
        return scalar(text)

    def _aliased(self, event: AliasEvent, loc: Loc) -> object:
        if event.anchor in self.anchors:
            return self.anchors[event.anchor]
        message = f"`*{event.anchor}` has no anchor before it."
        self._report(path_of(loc), "unknown-alias", message, event)
        return None

    def _check_tag(
        self, event: ScalarEvent | MappingStartEvent | SequenceStartEvent, loc: Loc
    ) -> None:
        tag = str(event.tag or "")
        if tag and tag != "!" and not tag.startswith("tag:yaml.org,2002:"):
            message = f"The tag {shown(tag)} is unknown."
            self._report(path_of(loc), "unknown-tag", message, event, hint="Leave it out.")

    def _until(self, end: type[Event]) -> Iterator[ValueEvent]:
        """The values up to the end of the collection that was just begun."""
        for event in self.events:
            if isinstance(event, end):
                return
            yield cast("ValueEvent", event)

    def _count(self, event: Event, loc: Loc) -> None:
        self.seen += 1
        if len(loc) > MAX_DEPTH:
            raise TooMuch(_at(event, too_deep(loc)))
        if self.seen > MAX_VALUES:
            raise TooMuch(_at(event, too_many_values()))

    def _report(self, path: str, code: str, message: str, event: Event, *, hint: str = "") -> None:
        self.tree.problems.append(_at(event, error(path, code, message, hint=hint)))


def _mark(event: Event) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _at(event: Event, problem: Problem) -> Problem:
    mark = _mark(event)
    return replace(problem, line=mark.line, column=mark.column)


def _syntax_problem(failure: Exception, text: str) -> Problem:
    """One sentence about why the text is no YAML, at the line where reading stopped."""
    hint = ""
    what, mark = "syntax error", None
    if isinstance(failure, ReaderError):
        before = text[: failure.position]
        mark = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        what = "there is a character that cannot be printed"
    elif isinstance(failure, MarkedYAMLError):
        place = failure.problem_mark or failure.context_mark
        mark = Mark(place.line + 1, place.column + 1) if place else None
        what = failure.problem or what
        hint = "Indent with spaces, not tabs." if r"\t" in what or "tab" in what else ""
    problem = error("", "yaml-syntax", f"This is not YAML: {what}.", hint=hint)
    return replace(problem, line=mark.line, column=mark.column) if mark else problem
