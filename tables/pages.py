"""A table as one request sees it: rows, columns, links, the person's choice of columns."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from tables.choice import chosen_columns
from tables.columns import Column, Table
from tables.keyset import Order, Place, Slice, place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column that is shown, with where a click on it leads ("": it does not sort)."""

    column: Column
    url: str = ""
    direction: str = ""  # "ascending" or "descending" where the table is sorted by it


@dataclass(slots=True, kw_only=True)
class Page:
    """What `components/table.html` draws."""

    table: Table
    headings: Sequence[Heading]
    choices: Sequence[tuple[Column, bool]]  # each with whether it is shown
    rows: Sequence[Any]
    total: int | None  # None: too many to be counted
    previous_url: str
    next_url: str
    csv_url: str
    here_url: str  # the first page, with the filters
    actions: Sequence[Mapping[str, str]] = field(default=())  # of the rows that are ticked
    downloads: Sequence[tuple[str, str]] = field(default=())  # besides the CSV: label and address
    totals: Mapping[str, object] = field(default_factory=dict)  # by column, below the rows

    @property
    def columns(self) -> list[Column]:
        return [heading.column for heading in self.headings]

    @property
    def foot(self) -> list[tuple[Column, object]]:
        """What stands below each column; nothing where nothing is summed."""
        columns = self.columns if self.totals else []
        return [(column, self.totals.get(column.key, "")) for column in columns]

    @property
    def has_other_pages(self) -> bool:
        return bool(self.previous_url or self.next_url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What a table is sorted by."""

    column: Column
    descending: bool

    @property
    def name(self) -> str:
        return f"{'-' if self.descending else ''}{self.column.key}"


def order_of(request: HttpRequest, table: Table) -> Sorted:
    """Return the order that the address names, else the table's own."""
    for name in (request.GET.get(f"{table.prefix}sort", ""), table.order):
        column = table.column(name.removeprefix("-"))
        if column is not None and column.sort is not None:
            return Sorted(column=column, descending=name.startswith("-"))
    raise ValueError(f"Table {table.name} is sorted by {table.order}, which does not sort.")


def sorted_rows(request: HttpRequest, table: Table, rows: Any) -> Any:
    """Return all rows in the order of the address, for a CSV."""
    order = order_of(request, table)
    if isinstance(rows, QuerySet):
        return _order_of_query(rows, order).sorted()
    return _sorted(rows, order)


def page_of(
    request: HttpRequest,
    table: Table,
    rows: QuerySet[Any] | Iterable[Any],
    *,
    identity: Callable[[Any], object] = lambda row: row.pk,
    is_counted: bool = True,
    actions: Sequence[Mapping[str, str]] = (),
    csv_path: str = "",
) -> Page:
    """Return the page of `rows` that the address names.

    `rows` is a query, or rows in memory: then `identity` tells them apart. `csv_path` is the
    address of the CSV without its parameters; without one, it is this page's with format=csv.
    """
    order = order_of(request, table)
    after = request.GET.get(f"{table.prefix}after", "")
    before = request.GET.get(f"{table.prefix}before", "")
    if isinstance(rows, QuerySet):
        found = _order_of_query(rows, order).slice(after=after, before=before, size=table.size)
        is_all = not (found.previous or found.next)
        total = len(found.rows) if is_all else rows.count() if is_counted else None
    else:
        listed = _sorted(rows, order)
        places = (after, before)
        found = _slice(listed, places, name=order.name, identity=identity, size=table.size)
        total = len(listed)
    page = _page(request, table, order, found, total=total)
    page.actions = actions
    if csv_path:
        page.csv_url = f"{csv_path}{_url(request, table)}"
    return page


def start_of(request: HttpRequest, table: Table) -> int:
    """Return how many rows are in front of the page, for rows that a query of its own cuts."""
    place = place_of(
        request.GET.get(f"{table.prefix}after", ""), order=order_of(request, table).name
    )
    return int(place.key) if place else 0


def page_by_number(request: HttpRequest, table: Table, rows: Sequence[Any], *, total: int) -> Page:
    """Return the page of `rows`, which begin at `start_of` and are sorted by `order_of`."""
    order, start = order_of(request, table), start_of(request, table)

    def place_at(number: int) -> str:
        return str(Place(order=order.name, key=str(number), value=None))

    end = start + table.size
    found = Slice(rows=rows, next=place_at(end) if end < total else "")
    page = _page(request, table, order, found, total=total)
    if start:
        page.previous_url = _url(request, table, after=place_at(max(0, start - table.size)))
    return page


def _page(
    request: HttpRequest, table: Table, order: Sorted, found: Slice[Any], *, total: int | None
) -> Page:
    shown = chosen_columns(request, table)
    return Page(
        table=table,
        headings=[_heading(request, table, column, order) for column in shown],
        choices=[(column, column in shown) for column in table.columns if column.is_optional],
        rows=found.rows,
        total=total,
        previous_url=_url(request, table, before=found.previous) if found.previous else "",
        next_url=_url(request, table, after=found.next) if found.next else "",
        csv_url=_url(request, table, format="csv"),
        here_url=_url(request, table),
    )


def preview_of(
    request: HttpRequest,
    table: Table,
    rows: Iterable[Any],
    *,
    keys: Container[str] = (),
    csv_path: str = "",
) -> Page:
    """Return `rows` as they are: the first ones of a table that another page has in full.

    `keys` are the columns to show; without any, those that the person chose.
    """
    columns = [column for column in table.columns if column.key in keys]
    return Page(
        table=table,
        headings=[Heading(column=column) for column in columns or chosen_columns(request, table)],
        choices=(),
        rows=list(rows),
        total=None,
        previous_url="",
        next_url="",
        csv_url=csv_path,
        here_url="",
    )


def _order_of_query(rows: QuerySet[Any], order: Sorted) -> Order[Any]:
    by = order.column.ordering()
    return Order(rows=rows, by=by, descending=order.descending, name=order.name)


def _sorted(rows: Iterable[Any], order: Sorted) -> list[Any]:
    """Return rows of memory in order, those without a value last; equal ones stay as they were."""
    sort = order.column.sort
    if not callable(sort):
        raise TypeError(f"Column {order.column.key} sorts a query, not rows in memory.")
    values = [(sort(row), row) for row in rows]
    known = [each for each in values if each[0] is not None]
    known.sort(key=lambda each: each[0], reverse=order.descending)
    return [row for _, row in known] + [row for value, row in values if value is None]


def _slice(
    rows: Sequence[Any],
    places: tuple[str, str],
    *,
    name: str,
    identity: Callable[[Any], object],
    size: int,
) -> Slice[Any]:
    """Return a page of rows in memory; where its neighbor is gone, the page that was there."""
    after, before = (place_of(text, order=name) for text in places)
    start = 0
    if place := after or before:
        index = _index(rows, place, identity)
        start = index + 1 if after else index - size
    start = max(0, start if start < len(rows) else len(rows) - size)
    page = rows[start : start + size]

    def place_at(index: int) -> str:
        return str(Place(order=name, key=str(identity(rows[index])), value=str(index)))

    end = start + len(page)
    return Slice(
        rows=page,
        previous=place_at(start) if start else "",
        next=place_at(end - 1) if end < len(rows) else "",
    )


def _index(rows: Sequence[Any], place: Place, identity: Callable[[Any], object]) -> int:
    index = next((i for i, row in enumerate(rows) if str(identity(row)) == place.key), None)
    return int(place.value or 0) if index is None else index


def _heading(request: HttpRequest, table: Table, column: Column, order: Sorted) -> Heading:
    if column.sort is None:
        return Heading(column=column)
    is_current = column.key == order.column.key
    down = not order.descending if is_current else column.is_descending
    direction = "descending" if order.descending else "ascending"
    return Heading(
        column=column,
        url=_url(request, table, sort=f"{'-' if down else ''}{column.key}"),
        direction=direction if is_current else "",
    )


def _url(request: HttpRequest, table: Table, **changed: str) -> str:
    """Return the page's address with other parameters of the table; its place starts anew."""
    parameters: QueryDict = request.GET.copy()
    for key in ("after", "before"):
        parameters.pop(f"{table.prefix}{key}", None)
    parameters.pop("part", None)
    parameters.pop("page", None)
    for key, value in changed.items():
        parameters[key if key == "format" else f"{table.prefix}{key}"] = value
    return f"?{parameters.urlencode()}"
