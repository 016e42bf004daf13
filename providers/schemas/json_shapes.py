"""Shapes from JSON schemas, as Google's discovery documents and Kubernetes' definitions are."""

import re
from collections.abc import Mapping
from typing import Any

from providers.schemas.shape import Form, Kind, SchemaShape

type Described = Mapping[str, Any]

_KINDS = {
    "string": Kind.TEXT, "integer": Kind.WHOLE, "number": Kind.NUMBER, "boolean": Kind.TRUTH,
    "array": Kind.LIST, "object": Kind.MAP,
}  # fmt: skip
_BITS = {"int32": 31, "int64": 63}
_WHOLE = Form(pattern=re.compile(r"-?\d{1,19}"), words="a whole number")
_MERGE_KEY = "x-kubernetes-patch-merge-key"


def shapes_from(definitions: Mapping[str, Described], top: str) -> dict[str, SchemaShape]:
    """Return the shapes that `top` refers to, by name; an inner one is named `Outer.key`."""
    shapes: dict[str, SchemaShape] = {}
    waiting = {top: definitions[top]}
    while waiting:
        name, described = waiting.popitem()
        shapes[name] = _shape(name, described, definitions)
        inner = _inner(name, described, definitions)
        waiting |= {key: part for key, part in inner.items() if key not in shapes}
    return shapes


def _inner(
    name: str, described: Described, definitions: Mapping[str, Described]
) -> Mapping[str, Described]:
    """What stands inside: its properties, its entries or its values, by the shapes' names."""
    parts, item = dict(described.get("properties", {})), _item(described)
    if item is not None:
        # Google writes the pattern of a list's entries beside the list.
        parts["*"] = {**item, "pattern": described["pattern"]} if "pattern" in described else item
    named = {_name(name, key, part): part for key, part in parts.items()}
    return {inner: definitions.get(inner, part) for inner, part in named.items()}


def _item(described: Described) -> Described | None:
    item = described.get("items") or described.get("additionalProperties")
    return item if isinstance(item, Mapping) else None


def _name(outer: str, key: str, described: Described) -> str:
    ref = described.get("$ref")
    return str(ref).rpartition("/")[2] if ref else f"{outer}.{key}"


def _shape(name: str, described: Described, definitions: Mapping[str, Described]) -> SchemaShape:
    properties, item = described.get("properties"), _item(described)
    if properties:
        members = {key: _name(name, key, part) for key, part in properties.items()}
        return SchemaShape(kind=Kind.RECORD, members=members)
    kind, item_name = _kind(described), _name(name, "*", item) if item else ""
    if kind is Kind.LIST:
        needed = _needed(described, definitions.get(item_name, item or {}))
        return SchemaShape(kind=kind, item=item_name, required=needed)
    return SchemaShape(kind=kind, item=item_name) if kind is Kind.MAP else _simple(kind, described)


def _simple(kind: Kind, described: Described) -> SchemaShape:
    bits = _BITS.get(described.get("format", ""))
    if kind is Kind.TEXT and bits:
        # JSON has no whole numbers of 64 bits: Google writes them as text.
        return SchemaShape(kind=Kind.WHOLE, or_text=True, form=_WHOLE)
    pattern = described.get("pattern")
    return SchemaShape(
        kind=kind,
        choices=tuple(described.get("enum", ())),
        minimum=-(2**bits) if bits else None,
        maximum=2**bits - 1 if bits else None,
        or_text="oneOf" in described,
        form=Form(pattern=re.compile(pattern), words=f"of the form {pattern}") if pattern else None,
    )


def _kind(described: Described) -> Kind:
    """The kind; of several that are taken, the one beside null and text."""
    types = [option.get("type", []) for option in described.get("oneOf", [described])]
    flat = {word for entry in types for word in ([entry] if isinstance(entry, str) else entry)}
    known = [kind for word, kind in _KINDS.items() if word in flat]
    others = [kind for kind in known if kind is not Kind.TEXT]
    return (others or known or [Kind.ANY])[0]


def _needed(described: Described, item: Described) -> frozenset[str]:
    """What each entry of a list must have: entries that meet others by a key, only that."""
    if key := described.get(_MERGE_KEY):
        return frozenset({key})
    return frozenset(item.get("required", ()))
