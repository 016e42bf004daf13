"""Pages of a query that start behind a row instead of at a number: inserts do not move them.

Rows are sorted by one expression and then by primary key; rows without a value come last in both
directions. The place in the address holds the value and the key of the row it stands behind,
signed, so that only what a page has shown comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from django.db.models.expressions import Combinable

_SIGNER = signing.Signer(salt="tables.keyset")
_VALUE = "table_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A row's place in an order: its key, and its value as text (None: it has none)."""

    order: str
    key: str
    value: str | None

    def __str__(self) -> str:
        return _SIGNER.sign_object([self.order, self.key, self.value])


def place_of(text: str, *, order: str) -> Place | None:
    """Return the place that an address names, or None where it is not one of this order."""
    try:
        found_order, key, value = _SIGNER.unsign_object(text)
    except (signing.BadSignature, ValueError):
        return None
    return Place(order=order, key=key, value=value) if found_order == order else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice[T]:
    """The rows of a page, and the places of the pages beside it ("": there is none)."""

    rows: Sequence[T]
    previous: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order[M: Model]:
    """A query in an order; `name` is the order's as the address has it."""

    rows: QuerySet[M]
    by: Combinable
    descending: bool
    name: str

    @property
    def is_by_key(self) -> bool:
        return self._path() in {"pk", self.rows.model._meta.pk.name}  # noqa: SLF001

    def sorted(self, *, backward: bool = False) -> QuerySet[M]:
        """Return the rows from the first one, or from the last one backward."""
        down = self.descending != backward
        key = "-pk" if down else "pk"
        if self.is_by_key:
            return self.rows.order_by(key)
        value = F(_VALUE)
        if not self._has_gaps():
            return self._valued().order_by(value.desc() if down else value.asc(), key)
        # The last ones in the order are the first ones backward.
        ends = {"nulls_first": True} if backward else {"nulls_last": True}
        by = value.desc(**ends) if down else value.asc(**ends)
        return self._valued().order_by(by, key)

    def slice(self, *, after: str = "", before: str = "", size: int) -> Slice[M]:
        """Return the page behind one place, or in front of another, or the first one."""
        backward = bool(before)
        place = place_of(before or after, order=self.name)
        if place is None:
            return self._page(list(self.sorted()[: size + 1]), size=size, is_first=True)
        try:
            beside = self._beside(place, backward=backward)
        except ValidationError:
            return self._page(list(self.sorted()[: size + 1]), size=size, is_first=True)
        rows = list(self.sorted(backward=backward).filter(beside)[: size + 1])
        if not backward:
            return self._page(rows, size=size, is_first=False)
        if len(rows) <= size:
            # Nothing is in front of it: a full first page, with what came in since.
            return self._page(list(self.sorted()[: size + 1]), size=size, is_first=True)
        page = rows[:size][::-1]
        return Slice(rows=page, previous=self._place(page[0]), next=self._place(page[-1]))

    def _page(self, rows: list[M], *, size: int, is_first: bool) -> Slice[M]:
        page = rows[:size]
        return Slice(
            rows=page,
            previous="" if is_first or not page else self._place(page[0]),
            next=self._place(page[-1]) if len(rows) > size else "",
        )

    def _path(self) -> str:
        """Return the field it is sorted by, "" for other expressions."""
        return str(getattr(self.by, "name", "")) if isinstance(self.by, F) else ""

    def _valued(self) -> QuerySet[M]:
        rows: QuerySet[M] = self.rows.annotate(**{_VALUE: self.by})
        return rows

    def _field(self) -> Field[Any, Any]:
        field: Field[Any, Any] = self._valued().query.annotations[_VALUE].output_field
        return field

    def _has_gaps(self) -> bool:
        """Return whether a row may have no value: only fields that are never null have none."""
        if not isinstance(self.by, F):
            return True
        model: Any = self.rows.model
        for part in self._path().split("__"):
            try:
                field = model._meta.get_field(part)  # noqa: SLF001
            except (FieldDoesNotExist, AttributeError):
                return True
            if field.null:
                return True
            model = field.related_model
        return False

    def _beside(self, place: Place, *, backward: bool) -> Q:
        """Return which rows come behind the place, or backward in front of it."""
        key = self.rows.model._meta.pk.to_python(place.key)  # noqa: SLF001
        down = self.descending != backward
        beyond = "lt" if down else "gt"
        if self.is_by_key:
            return Q(**{f"pk__{beyond}": key})
        tie = Q(**{f"pk__{beyond}": key})
        gap = Q(**{f"{_VALUE}__isnull": True})
        if place.value is None:
            return (gap & tie) | ~gap if backward else gap & tie
        value = self._field().to_python(place.value)
        behind = Q(**{f"{_VALUE}__{beyond}": value}) | (Q(**{_VALUE: value}) & tie)
        return behind if backward or not self._has_gaps() else behind | gap

    def _place(self, row: M) -> str:
        value = None if self.is_by_key else getattr(row, _VALUE)
        return str(Place(order=self.name, key=str(row.pk), value=_text(value)))


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)
