"""Tables as CSV files that a spreadsheet opens without running anything in them."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

# A cell whose first visible character is one of these, in any width, is a formula to a spreadsheet.
_FORMULA = frozenset("=+-@|")
CSV = "text/csv; charset=utf-8"
"""The content type of such a file."""


def as_cell(value: object) -> object:
    """Return `value` so that a spreadsheet shows it as text, or as the number it is."""
    if isinstance(value, str):
        return f"'{value}" if _may_run(value) else value
    return "" if value is None else value


def _may_run(text: str) -> bool:
    """Return whether a spreadsheet may read the text as a formula, or strip it down to one."""
    first = next((c for c in text if unicodedata.category(c)[0] not in "CMZ"), "")
    return text[:1] in {"\t", "\r", "\n"} or bool(
        first and unicodedata.normalize("NFKC", first)[0] in _FORMULA
    )


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return the lines of rows, each cell as a spreadsheet may show it."""
    text = io.StringIO()
    csv.writer(text).writerows([as_cell(value) for value in row] for row in rows)
    return text.getvalue()


def csv_response(
    name: str, *, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> HttpResponse:
    """Return the download `name`.csv with `header` above `rows`."""
    text = csv_text([header]) + csv_text(rows)
    response = HttpResponse(text, content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="{file_name(name)}.csv"'
    return response


def file_name(name: str) -> str:
    """Return a name for a header and a disk: others may have chosen parts of it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip(".") or "download"
