"""Which columns a browser shows: kept in a cookie, table by table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse

from tables.columns import Column, Table

COOKIE = "mobula-columns"
_ENTRY = re.compile(r"([a-z-]{1,40})\.([a-z_.]{0,400})")
_MOST_TABLES = 30
_YEAR = 365 * 86_400


def chosen_columns(request: HttpRequest, table: Table) -> list[Column]:
    """Return the columns that this browser shows, in the table's order."""
    keys = _choices(request).get(table.name)
    return [
        column
        for column in table.columns
        if not column.is_optional or (not column.is_hidden if keys is None else column.key in keys)
    ]


def keep_choice(
    request: HttpRequest, response: HttpResponse, *, table: str, keys: Iterable[str] | None
) -> None:
    """Keep which columns of a table to show; None: those that it shows at first."""
    choices = _choices(request)
    choices.pop(table, None)
    entry = None if keys is None else _ENTRY.fullmatch(f"{table}.{'.'.join(keys)}")
    if entry:
        choices[entry[1]] = entry[2].split(".")
    newest = list(choices.items())[-_MOST_TABLES:]
    text = "|".join(f"{name}.{'.'.join(columns)}" for name, columns in newest)
    response.set_cookie(
        COOKIE, text, max_age=_YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
    )


def _choices(request: HttpRequest) -> dict[str, list[str]]:
    entries = map(_ENTRY.fullmatch, request.COOKIES.get(COOKIE, "").split("|"))
    return {entry[1]: entry[2].split(".") for entry in entries if entry}
