"""Tables of fields: a row is a field of the form, and the place of its value in a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django import forms

from configurations.editor.tables.kinds import PLAIN, FieldKind, Keys, Rest, Values


@dataclass(frozen=True)
class Row:
    """A field, in a section of the form. `path` is where its value stands; problems there, and at
    the paths `also`, are shown at the field.
    """

    section: str
    name: str
    path: str
    field: forms.Field
    kind: FieldKind = PLAIN
    also: tuple[str, ...] = ()

    @cached_property
    def keys(self) -> Keys:
        """The keys that lead to the value."""
        return tuple(self.path.split(".")) if self.path else ()


class Table:
    """Rows of one thing, in the order of the page, and in which they are written."""

    def __init__(self, *rows: Row) -> None:
        self.rows = tuple(_beside(row, rows) for row in rows)
        self.by_name = {row.name: row for row in self.rows}

    def shown(self, root: Any) -> Values:
        """Return what the fields show of `root`."""
        return {row.name: row.kind.read(root, row.keys) for row in self.rows}

    def has_any(self, new: Mapping[str, Any]) -> bool:
        """Whether one of the fields is among `new`."""
        return any(name in self.by_name for name in new)

    def written(self, root: Any, new: Mapping[str, Any]) -> Values:
        """Return the values of `root` with the changed fields `new`."""
        values = dict(root)
        for row in self.rows:
            if row.name in new:
                values = row.kind.write(values, row.keys, new[row.name])
        return values

    @cached_property
    def places(self) -> Mapping[str, list[str]]:
        """The fields that show what is wrong at a path, the best first."""
        places: dict[str, list[str]] = {}
        for row in self.rows:
            for path in (row.path, *row.also):
                places.setdefault(path, []).append(row.name)
        return places


def _beside(row: Row, rows: tuple[Row, ...]) -> Row:
    """The row; of one that shows the rest of a mapping, with those that show single keys."""
    if not isinstance(row.kind, Rest):
        return row
    others = {
        path.removeprefix(f"{row.path}."): other.kind
        for other in rows
        for path in (other.path, *other.also)
        if path.startswith(f"{row.path}.")
    }
    return replace(row, kind=replace(row.kind, others=others))
