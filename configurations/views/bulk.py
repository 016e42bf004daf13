"""Archiving of the templates that are ticked in the list: a question first, then the outcome."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from configurations.models import Template
from configurations.queries import with_latest
from configurations.services.bulk import Outcome, archive_many, may_archive_template

MOST = 100
LONGEST_KEY = 18  # digits of a number that the database takes


@require_http_methods(["GET", "POST"])
def archive_templates(request: SignedInRequest) -> HttpResponse:
    """Ask about the templates of the address; a POST archives them."""
    if request.method == "POST":
        _say(request, archive_many(_chosen(request, request.POST), by=request.user))
        return redirect("configurations:templates")
    rows = _chosen(request, request.GET)
    lines = [(row, may_archive_template(row, user=request.user)) for row in rows]
    context = {
        "lines": lines,
        "allowed": sum(bool(decision) for _, decision in lines),
        "crumbs": [("Templates", reverse("configurations:templates"))],
    }
    return render(request, "configurations/bulk.html", context)


def _chosen(request: SignedInRequest, answers: QueryDict) -> list[Template]:
    keys = [int(text) for text in answers.getlist("pk")[:MOST] if _is_key(text)]
    rows = with_latest(Template.objects.visible_to(request.user)).select_related("team")
    found = list(rows.filter(pk__in=keys).order_by("name", "pk"))
    if keys and not found:
        raise Http404
    return found


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY


def _say(request: SignedInRequest, outcome: Outcome) -> None:
    if outcome.done:
        names = ", ".join(template.name for template in outcome.done)
        messages.success(request, f"Archived {names}.")
    for template, reason in outcome.refused:
        messages.error(request, f"Not archived: {template.name}. {reason}")
    if not (outcome.done or outcome.refused):
        messages.error(request, "No template was selected. Select at least one in the list.")
