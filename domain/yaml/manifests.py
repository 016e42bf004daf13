"""Files of Kubernetes: several documents in one text, and words as Kubernetes reads them.

kubectl and the API server read YAML by sigs.k8s.io/yaml, whose goyaml.v2 follows YAML 1.1 in part:
`0777` is octal, `yes` and `on` are true, while `1:30` and dates are text [goyaml.v2 resolve.go].
"""

import re
from collections.abc import Iterator
from typing import override

from ruamel.yaml.events import DocumentEndEvent, DocumentStartEvent, ScalarEvent

from domain.problems import Loc
from domain.quantities import LARGEST
from domain.yaml.tree import (
    VALUE_EVENTS,
    Builder,
    Tree,
    ValueEvent,
    build,
    events_of,
    unreadable,
)

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {
    form: value
    for words, value in (("y yes true on", True), ("n no false off", False))
    for word in words.split()
    for form in (word, word.capitalize(), word.upper())
}
_SPECIAL = {
    f"{sign}.{form}": float(f"{sign}inf")
    for sign in ("", "+", "-")
    for form in ("inf", "Inf", "INF")
} | {form: float("nan") for form in (".nan", ".NaN", ".NAN")}
_INT = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)"
    r"|0[oO]?(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))\Z"
)
_BASES = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DATE = re.compile(r"\d{4}-", re.ASCII)
_LONGEST_NUMBER = 400


def read_manifests(text: str) -> list[Tree]:
    """Each document of the text in its order; the last one is incomplete if reading stopped there.

    Empty documents are left out, as kubectl does.
    """
    if problem := unreadable(text):
        return [Tree(problems=[problem])]
    events, trees = events_of(text), list[Tree]()
    while not trees or trees[-1].is_complete:
        tree = Tree()
        build(_Document(tree, events), text)
        if tree.is_complete and tree.value is _END:
            break
        trees.append(tree)
    return [tree for tree in trees if tree.value is not None or not tree.is_complete]


_END = object()


def manifest_scalar(text: str) -> object:
    """The value of an unquoted word in a file of Kubernetes."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text in _SPECIAL:
        return _SPECIAL[text]
    if text[0] not in "+-.0123456789" or _DATE.match(text):
        return text
    plain = text.replace("_", "") if text[0] != "." else text
    if match := _INT.match(plain):
        if len(plain) > _LONGEST_NUMBER:
            return LARGEST * 10
        base = match.lastgroup or "decimal"
        number = int(match[base], _BASES[base])
        return -number if match["sign"] == "-" else number
    if not _FLOAT.match(plain) or len(plain) > _LONGEST_NUMBER:
        return text
    return float(plain)


class _Document(Builder):
    """Builds the next document of a stream; at the end of the stream its value is `_END`."""

    @override
    def build(self) -> None:
        """Read up to the end of one document."""
        self.tree.value = _END
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self.tree.value = None
            elif isinstance(event, VALUE_EVENTS):
                self.tree.value = self.value(event, ())
            elif isinstance(event, DocumentEndEvent):
                break
        self.tree.is_complete = True

    @override
    def scalar(self, event: ScalarEvent, loc: Loc) -> object:
        """The value of a single word or text, as Kubernetes reads it."""
        text = str(event.value)
        if event.style or str(event.tag or "").endswith(":str"):
            return text
        return manifest_scalar(text)

    @override
    def key(self, event: ValueEvent, loc: Loc) -> object:
        """The key of a mapping; numbers and booleans become text [sigs.k8s.io/yaml]."""
        key = super().key(event, loc)
        if isinstance(key, bool):
            return "true" if key else "false"
        return str(key) if isinstance(key, int | float) else key


def objects_of(value: object) -> Iterator[object]:
    """The object, or each one in a `List` of them."""
    if isinstance(value, dict) and str(value.get("kind", "")).endswith("List"):
        items = value.get("items")
        if isinstance(items, list):
            for item in items:
                yield from objects_of(item)
            return
    yield value
