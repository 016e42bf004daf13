"""The pages of all users, for admins of the installation: who they are, and switched off or on."""

from collections.abc import Callable

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import queries, services
from accounts.answers import perform
from accounts.forms import ReasonForm, UserSearchForm
from accounts.models import User
from accounts.permissions import Action, Decision, may, may_deactivate, require
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from accounts.views.history import TAB, history_of, tabs
from tables.columns import Column, Table
from tables.pages import page_of, sorted_rows

TABLE = Table(
    name="users",
    order="user",
    columns=(
        Column(
            key="user",
            label="User",
            value=lambda user: user.email,
            cell="accounts/user_cells.html#user",
            sort="email",
            is_heading=True,
            csv={"email": lambda user: user.email, "name": lambda user: user.name},
        ),
        Column(
            key="status",
            label="Status",
            value=lambda user: "active" if user.is_active else "deactivated",
            cell="accounts/user_cells.html#status",
            sort="is_active",
            css="text-nowrap",
            csv={
                "status": lambda user: "active" if user.is_active else "deactivated",
                "installation_admin": lambda user: user.is_superuser,
            },
        ),
        Column(
            key="teams",
            label="Teams",
            value=lambda user: ", ".join(m.team.name for m in user.memberships.all()),
            cell="accounts/user_cells.html#teams",
        ),
        Column(
            key="last_sign_in",
            label="Last sign-in",
            value=lambda user: user.last_login,
            cell="accounts/user_cells.html#seen",
            sort="last_login",
            is_descending=True,
        ),
        Column(
            key="sessions",
            label="Sessions",
            value=lambda user: user.session_count,
            sort=F("session_count"),
            is_number=True,
            is_descending=True,
        ),
        Column(
            key="created",
            label="Created",
            value=lambda user: user.created_at,
            cell="accounts/user_cells.html#created",
            sort="created_at",
            is_descending=True,
            is_hidden=True,
        ),
    ),
)


@require_safe
def users(request: SignedInRequest) -> HttpResponse:
    """Show everyone who has an account, by email."""
    _require_admin(request)
    form = UserSearchForm(request.GET)
    wanted = form.cleaned_data["q"] if form.is_valid() else ""
    rows = queries.users(matching=wanted)
    if request.GET.get("format") == "csv":
        lines = TABLE.lines(sorted_rows(request, TABLE, rows))
        return csv_response("users", header=TABLE.header, rows=lines)
    page = {"form": form, "table": page_of(request, TABLE, rows), "wanted": wanted}
    return render(request, "accounts/users.html", page)


@require_safe
def user(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one account: teams, sessions, and whether it is active."""
    person = _person(request, pk)
    page = {
        "crumbs": [("Users", reverse("accounts:users"))],
        "person": person,
        "memberships": queries.memberships_of(person),
        "sessions": queries.sessions_of(person, this=request.session.session_key),
        "reason": ReasonForm(),
        "may_deactivate": may_deactivate(request.user, user=person),
        "tabs": tabs(request, "Account", allowed=Decision(allowed=True)),
    }
    if request.GET.get("tab") == TAB:
        page["history"] = history_of(request, person, team=None)
    return render(request, "accounts/user.html", page)


@require_POST
def deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Switch an account off."""
    person = _person(request, pk)
    return _with_reason(
        request,
        person,
        lambda reason: services.deactivate_user(person, reason=reason, by=request.user),
        done=f"Deactivated {person}. Their sessions and sign-in links ended.",
    )


@require_POST
def activate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Switch an account on again."""
    person = _person(request, pk)
    return _with_reason(
        request,
        person,
        lambda reason: services.activate_user(person, reason=reason, by=request.user),
        done=f"Activated {person}. They can sign in again.",
    )


@require_POST
def end_session(request: SignedInRequest, pk: int, session: int) -> HttpResponse:
    """Sign one browser of a user out."""
    person = _person(request, pk)
    row = get_object_or_404(person.sessions.current(), pk=session)
    return perform(
        request,
        lambda: services.end_session(row, by=request.user),
        done=f"Signed out {row.browser} of {person}.",
        to=_page_of(person),
    )


@require_POST
def end_sessions(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign a user out everywhere; the reader's own session goes on."""
    person = _person(request, pk)
    this = request.session.session_key or ""
    return perform(
        request,
        lambda: services.end_sessions(person, by=request.user, but=this),
        done=f"Signed out {person} everywhere.",
        to=_page_of(person),
    )


def _with_reason(
    request: SignedInRequest, person: User, call: Callable[[str], None], *, done: str
) -> HttpResponse:
    form = ReasonForm(request.POST)
    return perform(
        request,
        lambda: call(form.cleaned_data["reason"]),
        done=done,
        to=_page_of(person),
        form=form,
    )


def _person(request: SignedInRequest, pk: int) -> User:
    _require_admin(request)
    return get_object_or_404(User, pk=pk)


def _require_admin(request: SignedInRequest) -> None:
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))


def _page_of(person: User) -> str:
    return reverse("accounts:user", args=[person.pk])
