"""Kinds of values inside a free mapping: fields for some keys, and a box for all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from configurations.editor.tables.inputs import yaml_text
from configurations.editor.tables.kinds import FieldKind, Keys, Values


@dataclass(frozen=True)
class InMapping(FieldKind):
    """A value somewhere inside a free mapping; without a value there is no key, and no empty
    mapping around it.
    """

    def read(self, root: Any, keys: Keys) -> Any:
        value = leaf(getattr(root, keys[0]), keys[1:])
        return self.show(value if self.fits(value) else None)

    def write(self, values: Values, keys: Keys, value: Any) -> Values:
        taken = None if value in (None, "", ()) else self.take(value)
        return {**values, keys[0]: with_leaf(values[keys[0]], keys[1:], taken)}


@dataclass(frozen=True)
class Others(FieldKind):
    """What no field shows of a free mapping, as YAML; `shown` are the fields' places and kinds."""

    shown: Sequence[tuple[Keys, FieldKind]] = ()

    def read(self, root: Any, keys: Keys) -> Any:
        rest = dict(getattr(root, keys[0]))
        for place, _ in self._held(rest):
            rest = with_leaf(rest, place, None)
        return yaml_text(rest or None)

    def write(self, values: Values, keys: Keys, value: Any) -> Values:
        new = dict(value) if isinstance(value, Mapping) else {}
        for place, held in self._held(values[keys[0]]):
            new = new if leaf(new, place) is not None else with_leaf(new, place, held)
        return {**values, keys[0]: new}

    def _held(self, mapping: Mapping[str, Any]) -> list[tuple[Keys, Any]]:
        found = [(place, kind, leaf(mapping, place)) for place, kind in self.shown]
        return [
            (place, value) for place, kind, value in found if value is not None and kind.fits(value)
        ]


def leaf(mapping: Any, keys: Keys) -> Any:
    """Return the value at the keys; None where a mapping on the way is missing."""
    for key in keys:
        mapping = mapping.get(key) if isinstance(mapping, Mapping) else None
    return mapping


def with_leaf(mapping: Any, keys: Keys, value: Any) -> dict[str, Any]:
    """Return the mapping with the value at the keys; None removes it, and what is then empty."""
    held = dict(mapping) if isinstance(mapping, Mapping) else {}
    key, *rest = keys
    inner = with_leaf(held.get(key), tuple(rest), value) or None if rest else value
    if inner is None:
        held.pop(key, None)
        return held
    return {**held, key: inner}
