"""Tables as CSV files that a spreadsheet opens without running anything in them."""

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

# A cell that starts with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_cell(value: object) -> object:
    """Return `value` so that a spreadsheet shows it as text, or as the number it is."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def csv_response(
    name: str, *, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> HttpResponse:
    """Return the download `name`.csv with `header` above `rows`."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([as_cell(value) for value in row] for row in rows)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
