"""The history of one thing: its part of the audit trail, for the page that shows the thing."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Team
from accounts.permissions import Action, Decision, may, require
from accounts.queries import AuditFilter, audit_trail
from accounts.queries.trail import lines_of
from accounts.requests import SignedInRequest
from accounts.views.audit_columns import AUDIT
from tables.pages import Page, page_of

TAB = "history"


def history_of(request: SignedInRequest, subject: Model, *, team: Team | None) -> Page:
    """Return what was done to `subject`, newest first; raise NotAllowed for other members."""
    require(may(request.user, Action.READ_HISTORY, team=team))
    only = AuditFilter(kind=str(subject._meta.model_name), subject=str(subject.pk))  # noqa: SLF001
    page = page_of(request, AUDIT, audit_trail(request.user, only=only), is_counted=False)
    page.rows = lines_of(page.rows, reader=request.user)
    trail = reverse("accounts:audit")
    query = urlencode({"kind": only.kind, "subject": only.subject, "format": "csv"})
    page.csv_url = f"{trail}?{query}"
    return page


def tabs(request: SignedInRequest, first: str, *, allowed: Decision) -> list[dict[str, object]]:
    """Return the tabs of a page with one part and a history, [] for who may not read that."""
    if not allowed:
        return []
    is_history = request.GET.get("tab") == TAB
    return [
        {"label": first, "url": request.path, "current": not is_history},
        {"label": "History", "url": f"{request.path}?tab={TAB}", "current": is_history},
    ]
