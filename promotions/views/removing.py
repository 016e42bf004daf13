"""The pages that remove an environment or rename it, and say what keeps one from being so."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.answers import show_in
from accounts.errors import Invalid, WrongState
from accounts.permissions import require
from accounts.requests import SignedInRequest
from promotions.forms.environments import NewEnvironmentForm
from promotions.holds import holds_on
from promotions.models import Environment
from promotions.permissions import may_manage
from promotions.services.removing import InUse, remove_environment, rename_environment
from promotions.views.chosen import chosen_environment
from promotions.views.environments import page_of


@require_http_methods(["GET", "POST"])
def remove(request: SignedInRequest, environment: str) -> HttpResponse:
    """Ask whether the environment is to be removed, or remove it."""
    row = chosen_environment(request, environment)
    require(may_manage(request.user, team=row.team))
    if request.method == "GET":
        return _page(request, row, "remove", {"holds": holds_on(row)})
    try:
        remove_environment(row, by=request.user)
    except InUse as refusal:
        context = {"holds": refusal.holds, "refusal": refusal.message}
        return _page(request, row, "remove", context, status=refusal.status)
    except WrongState as refusal:
        messages.error(request, refusal.message)
        return redirect("promotions:environments")
    messages.success(request, f"Environment {row} removed.")
    return redirect("promotions:environments")


@require_http_methods(["GET", "POST"])
def rename(request: SignedInRequest, environment: str) -> HttpResponse:
    """Ask for another name of the environment, or write it."""
    row = chosen_environment(request, environment)
    require(may_manage(request.user, team=row.team))
    if request.method == "GET":
        form = NewEnvironmentForm(initial={"name": row.name})
        return _page(request, row, "rename", {"form": form, "holds": holds_on(row)})
    form = NewEnvironmentForm(request.POST)
    try:
        renamed = _rename(request, row, form)
    except InUse as refusal:
        context = {"holds": refusal.holds, "refusal": refusal.message}
        return _page(request, row, "rename", context, status=refusal.status)
    if renamed:
        messages.success(request, f"{environment} is now {renamed}.")
        return redirect(page_of(renamed))
    return _page(request, row, "rename", {"form": form}, status=422)


def _rename(
    request: SignedInRequest, row: Environment, form: NewEnvironmentForm
) -> Environment | None:
    """Return the renamed environment; None: the form shows what is wrong with the name."""
    if not form.is_valid():
        return None
    try:
        return rename_environment(row, name=form.cleaned_data["name"], by=request.user)
    except Invalid as refusal:
        show_in(form, refusal)
        return None


def _page(
    request: SignedInRequest,
    row: Environment,
    what: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
) -> HttpResponse:
    """Show the form, or in its place what needs the environment (`holds`), if anything does."""
    page = {
        **context,
        "environment": row,
        "crumbs": [
            ("Environments", reverse("promotions:environments")),
            (row.name, page_of(row)),
        ],
    }
    return render(request, f"promotions/{what}_environment.html", page, status=status)
