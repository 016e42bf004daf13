"""The page of the audit trail."""

import json
from collections.abc import Iterator

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.forms import AuditForm
from accounts.models import AuditQuerySet
from accounts.permissions import may_audit, require
from accounts.queries import AuditFilter, audit_page, audit_trail, audited_actions
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from accounts.trail import failed_sign_ins, lines_of

# A download is built in memory: some 15 MB.
ROWS_IN_CSV = 50_000
COLUMNS = (
    "at", "actor", "team", "action", "kind", "subject id", "subject", "before", "after", "reason",
    "request",
)  # fmt: skip


@require_safe
def audit(request: SignedInRequest) -> HttpResponse:
    """Show who did what, newest first; the filters are in the address; ?format=csv downloads it."""
    require(may_audit(request.user))
    form = AuditForm(request.GET, actions=list(audited_actions(request.user)))
    form.is_valid()
    if request.GET.get("format") == "csv":
        trail = audit_trail(request.user, only=form.wanted)
        return csv_response("audit", header=COLUMNS, rows=_rows(trail))
    before = form.cleaned_data.get("before")
    page = audit_page(request.user, only=form.wanted, before=before)
    context = {
        "form": form,
        "page": page,
        "lines": lines_of(page.entries, reader=request.user),
        "failures": failed_sign_ins() if request.user.is_superuser else [],
        "before": before,
        "is_filtered": form.wanted != AuditFilter(),
        "csv_url": _address(request, before=None, format="csv"),
        "newest_url": _address(request, before=None),
        "older_url": page.older and _address(request, before=page.older),
    }
    return render(request, "accounts/audit.html", context)


def _address(request: SignedInRequest, **changed: int | str | None) -> str:
    """Return this page's address with some of its parameters changed, or left out for None."""
    parameters = request.GET.copy()
    for key, value in changed.items():
        parameters.pop(key, None)
        if value is not None:
            parameters[key] = str(value)
    return f"?{parameters.urlencode()}"


def _rows(trail: AuditQuerySet) -> Iterator[list[object]]:
    left = ROWS_IN_CSV
    for entry in trail[: ROWS_IN_CSV + 1].iterator():
        if not left:
            yield [f"Only the newest {ROWS_IN_CSV} rows. Narrow the filter to see older ones."]
            return
        left -= 1
        yield [
            entry.at.isoformat(),
            entry.actor.email if entry.actor else "Mobula",
            entry.team.name if entry.team else "",
            entry.action,
            entry.subject_kind,
            entry.subject_id,
            entry.subject_name,
            _json(entry.before),
            _json(entry.after),
            entry.reason,
            entry.request_id,
        ]


def _json(state: object) -> str:
    return "" if state is None else json.dumps(state, cls=DjangoJSONEncoder, sort_keys=True)
