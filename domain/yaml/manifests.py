"""Files of Kubernetes: several documents in one text, with words as Kubernetes reads them."""

from collections.abc import Iterator
from typing import override

from ruamel.yaml.events import DocumentEndEvent, DocumentStartEvent, ScalarEvent

from domain.problems import Loc
from domain.yaml.manifest_words import manifest_scalar
from domain.yaml.tree import (
    VALUE_EVENTS,
    Builder,
    Tree,
    ValueEvent,
    build,
    events_of,
    unreadable,
)


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


class _Document(Builder):
    """Builds the next document of a stream; at the end of the stream its value is `_END`."""

    @override
    def build(self, loc: Loc = ()) -> None:
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
