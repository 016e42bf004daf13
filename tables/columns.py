"""The columns of a table, as data: what a page shows, sorts by and exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.db.models.expressions import Combinable

type Sort = str | Combinable | Callable[[Any], Any]
type Exports = Mapping[str, Callable[[Any], object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    `value` returns what the CSV holds, and what the cell shows where no `cell` draws it: the name
    of a template, such as "clusters/cells.html#state", which gets the row as `row`. `sort` is a
    field, an annotation or an expression of the query; for rows in memory, a function of the row.
    None: the column does not sort. "pk" sorts by the age of rows alone.
    """

    key: str
    label: str
    value: Callable[[Any], object]
    cell: str = ""
    sort: Sort | None = None
    is_number: bool = False
    is_heading: bool = False  # of its rows; always shown
    is_fixed: bool = False  # always shown
    is_hidden: bool = False  # until someone chooses it
    is_descending: bool = False  # on the first click: the largest or newest first
    css: str = ""
    hint: str = ""  # what it means, in the heading's tooltip
    csv: Exports | None = None  # the columns of the CSV, where they are others than this one

    @property
    def classes(self) -> str:
        return " ".join(filter(None, ("number" if self.is_number else "", self.css)))

    @property
    def is_optional(self) -> bool:
        return not (self.is_heading or self.is_fixed)

    def exports(self) -> Exports:
        """Return the CSV's columns by their heading."""
        return {self.key: self.value} if self.csv is None else self.csv

    def ordering(self) -> Combinable:
        """Return what the database sorts by."""
        if isinstance(self.sort, str):
            return F(self.sort)
        if not isinstance(self.sort, Combinable):
            raise TypeError(f"Column {self.key} sorts rows in memory, not a query.")
        return self.sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: its columns, the column it is sorted by at first ("-" before it: descending).

    `name` is unique: it names the person's choice of columns. Two tables on one page need
    different `prefix`es, which stand before the names of their parameters.
    """

    name: str
    columns: Sequence[Column]
    order: str
    size: int = 50
    prefix: str = ""

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)

    @property
    def header(self) -> list[str]:
        """The headings of the CSV: all columns, also those that are not shown."""
        return [name for column in self.columns for name in column.exports()]

    def lines(self, rows: Iterable[Any]) -> Iterator[list[object]]:
        """Return the lines of the CSV."""
        values = [value for column in self.columns for value in column.exports().values()]
        return ([value(row) for value in values] for row in rows)
