"""The environments of the chosen team: their rules, approvers and change windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from accounts.views.history import TAB, history_of, tabs
from domain.promotions.windows import opening_at
from promotions.environments import (
    asks_in_words,
    current_settings,
    environments_of,
    removed_environments,
    windows_of,
)
from promotions.forms.environments import (
    ApproverForm,
    GroupForm,
    MoveForm,
    NewEnvironmentForm,
    RulesForm,
    WindowForm,
)
from promotions.models import Approver, ApproverGroup, ChangeWindow, Environment
from promotions.permissions import may_manage
from promotions.queries import approver_groups
from promotions.services import environments as services
from promotions.views.chosen import chosen_environment


def page_of(environment: Environment) -> str:
    """Return the address of an environment's page."""
    return reverse("promotions:environment", args=[environment.name])


@require_http_methods(["GET", "POST"])
def environment_list(request: SignedInRequest) -> HttpResponse:
    """List the team's environments in their order, or add one."""
    team = current_team(request)
    form = NewEnvironmentForm(request.POST or None)
    if request.method == "POST":
        require(may_manage(request.user, team=team))
        added = submit(
            form, lambda given: services.add_environment(team, name=given["name"], by=request.user)
        )
        if added:
            messages.success(request, f"Environment {added} added.")
            return redirect(page_of(added))
    environments = environments_of(team)
    context = {
        "environments": [(each, asks_in_words(each)) for each in environments],
        "removed": removed_environments(team),
        "form": form,
        "may_manage": may_manage(request.user, team=team),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "promotions/environments.html", context, status=status)


@require_http_methods(["GET", "POST"])
def environment(request: SignedInRequest, environment: str) -> HttpResponse:
    """Show an environment, or change its rules."""
    row = chosen_environment(request, environment)
    if request.method == "GET" and request.GET.get("tab") == TAB:
        return _history(request, row)
    if request.method == "GET":
        return _page(request, row, rules=RulesForm.of(row))
    require(may_manage(request.user, team=row.team))
    form = RulesForm(request.POST, request.FILES, environment=row)
    if submit(form, lambda given: services.change_rules(row, values=given, by=request.user)):
        messages.success(request, f"The rules of {row} are saved.")
        return redirect(page_of(row))
    return _page(request, row, rules=form, status=422)


def _history(request: SignedInRequest, row: Environment) -> HttpResponse:
    if row.pk is None:  # a default, to which nobody has done anything
        return redirect(page_of(row))
    context = {**_frame(request, row), "history": history_of(request, row, team=row.team)}
    return render(request, "promotions/environment.html", context)


def _frame(request: SignedInRequest, row: Environment) -> dict[str, object]:
    """Return what both parts of the page have."""
    may_read = may(request.user, Action.READ_HISTORY, team=row.team)
    return {
        "environment": row,
        "asks": asks_in_words(row),
        "may_manage": may_manage(request.user, team=row.team),
        "tabs": tabs(request, "Rules", allowed=may_read) if row.pk else [],
        "crumbs": [("Environments", reverse("promotions:environments"))],
    }


def _page(
    request: SignedInRequest,
    row: Environment,
    *,
    rules: RulesForm,
    approver: ApproverForm | None = None,
    window: WindowForm | None = None,
    status: int = 200,
) -> HttpResponse:
    is_saved = row.pk is not None
    context = {
        **_frame(request, row),
        "rules": rules,
        "groups": approver_groups(row) if is_saved else [],
        "windows": list(row.windows.all()) if is_saved else [],
        "settings": current_settings(row),
        "opening": opening_at(windows_of(row) if is_saved else [], now()),
        "approver_form": approver or ApproverForm(team=row.team),
        "window_form": window or WindowForm(),
    }
    return render(request, "promotions/environment.html", context, status=status)


@require_POST
def move(request: SignedInRequest, environment: str) -> HttpResponse:
    """Change places with the environment before or after."""
    row, form = chosen_environment(request, environment), MoveForm(request.POST)
    return perform(
        request,
        lambda: services.move_environment(row, **form.cleaned_data, by=request.user),
        done=f"{row} moved.",
        to=reverse("promotions:environments"),
        form=form,
    )


@require_POST
def add_approver(request: SignedInRequest, environment: str) -> HttpResponse:
    """Put a member on the list of approvers."""
    row = chosen_environment(request, environment)
    require(may_manage(request.user, team=row.team))
    form = ApproverForm(request.POST, team=row.team)
    if _added(form, services.add_approver, row, by=request.user):
        messages.success(request, "Approver added.")
        return redirect(page_of(row))
    return _page(request, row, rules=RulesForm.of(row), approver=form, status=422)


@require_POST
def add_window(request: SignedInRequest, environment: str) -> HttpResponse:
    """Add a time in which changes are allowed or denied."""
    row = chosen_environment(request, environment)
    require(may_manage(request.user, team=row.team))
    form = WindowForm(request.POST)
    if _added(form, services.add_window, row, by=request.user):
        messages.success(request, "Change window added.")
        return redirect(page_of(row))
    return _page(request, row, rules=RulesForm.of(row), window=form, status=422)


def _added(form: Form, service: Callable[..., object], row: Environment, *, by: Any) -> bool:
    def call(given: Mapping[str, Any]) -> object:
        return service(row, **given, by=by)

    return submit(form, call) is not None


@require_POST
def remove_approver(request: SignedInRequest, environment: str, place: int) -> HttpResponse:
    """Take somebody off the list of approvers."""
    row = chosen_environment(request, environment)
    rows = Approver.objects.select_related("group__environment__team", "user")
    found = get_object_or_404(rows, pk=place, group__environment=row.pk)
    return perform(
        request,
        lambda: services.remove_approver(found, by=request.user),
        done=f"{found.user} is no longer an approver in {found.group}.",
        to=page_of(row),
    )


@require_POST
def require_group(request: SignedInRequest, environment: str, group: int) -> HttpResponse:
    """Say whether a group of approvers is required."""
    row, form = chosen_environment(request, environment), GroupForm(request.POST)
    rows = ApproverGroup.objects.select_related("environment__team")
    found = get_object_or_404(rows, pk=group, environment=row.pk)
    return perform(
        request,
        lambda: services.require_group(found, **form.cleaned_data, by=request.user),
        done=f"Group {found} changed.",
        to=page_of(row),
        form=form,
    )


@require_POST
def remove_window(request: SignedInRequest, environment: str, window: int) -> HttpResponse:
    """Take a change window away."""
    row = chosen_environment(request, environment)
    rows = ChangeWindow.objects.select_related("environment__team")
    found = get_object_or_404(rows, pk=window, environment=row.pk)
    return perform(
        request,
        lambda: services.remove_window(found, by=request.user),
        done="Change window removed.",
        to=page_of(row),
    )
