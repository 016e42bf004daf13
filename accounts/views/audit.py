"""The page of the audit trail."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.chain.checking import chain_state
from accounts.forms import AuditForm
from accounts.permissions import may_audit, require
from accounts.queries import AuditFilter, audit_trail, audited_actions
from accounts.queries.trail import failed_sign_ins, lines_of
from accounts.requests import SignedInRequest
from accounts.views.audit_columns import AUDIT
from accounts.views.audit_export import export
from tables.pages import page_of


@require_safe
def audit(request: SignedInRequest) -> HttpResponseBase:
    """Show who did what, newest first; the filters are in the address.

    ?format=csv and ?format=jsonl download it.
    """
    require(may_audit(request.user))
    form = AuditForm(request.GET, actions=list(audited_actions(request.user)))
    form.is_valid()
    trail = audit_trail(request.user, only=form.wanted)
    if (kind := request.GET.get("format")) in {"csv", "jsonl"}:
        return export(request, trail, kind=kind)
    return _page(request, form)


def _page(request: SignedInRequest, form: AuditForm) -> HttpResponse:
    trail = audit_trail(request.user, only=form.wanted)
    table = page_of(request, AUDIT, trail, is_counted=False)
    table.rows = lines_of(table.rows, reader=request.user)
    table.downloads = [("JSON Lines", table.csv_url.replace("format=csv", "format=jsonl"))]
    context = {
        "form": form,
        "table": table,
        "failures": failed_sign_ins() if request.user.is_superuser else [],
        "chain": chain_state() if request.user.is_superuser else None,
        "is_filtered": form.wanted != AuditFilter(),
    }
    return render(request, "accounts/audit.html", context)
