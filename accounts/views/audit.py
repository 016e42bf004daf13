"""The page of the audit trail."""

from collections.abc import Iterator

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.forms import AuditForm
from accounts.models import AuditQuerySet
from accounts.permissions import may_audit, require
from accounts.queries import AuditFilter, audit_trail, audited_actions
from accounts.queries.trail import failed_sign_ins, lines_of
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from accounts.views.audit_columns import AUDIT
from tables.pages import page_of, sorted_rows

# A download is built in memory: some 15 MB.
ROWS_IN_CSV = 50_000


@require_safe
def audit(request: SignedInRequest) -> HttpResponse:
    """Show who did what, newest first; the filters are in the address; ?format=csv downloads it."""
    require(may_audit(request.user))
    form = AuditForm(request.GET, actions=list(audited_actions(request.user)))
    form.is_valid()
    trail = audit_trail(request.user, only=form.wanted)
    if request.GET.get("format") == "csv":
        rows = sorted_rows(request, AUDIT, trail)
        return csv_response("audit", header=AUDIT.header, rows=_lines(rows))
    table = page_of(request, AUDIT, trail, is_counted=False)
    table.rows = lines_of(table.rows, reader=request.user)
    context = {
        "form": form,
        "table": table,
        "failures": failed_sign_ins() if request.user.is_superuser else [],
        "is_filtered": form.wanted != AuditFilter(),
    }
    return render(request, "accounts/audit.html", context)


def _lines(trail: AuditQuerySet) -> Iterator[list[object]]:
    for number, line in enumerate(AUDIT.lines(trail[: ROWS_IN_CSV + 1].iterator())):
        if number == ROWS_IN_CSV:
            yield [f"Only the first {ROWS_IN_CSV} rows. Narrow the filter to see others."]
            return
        yield line
