"""The pages of all users, for admins of the installation: who they are, and switched off or on."""

from collections.abc import Callable

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import queries, services
from accounts.answers import perform
from accounts.forms import ReasonForm, UserSearchForm
from accounts.models import User
from accounts.permissions import Action, may, may_deactivate, require
from accounts.requests import SignedInRequest

ROWS = 50


@require_safe
def users(request: SignedInRequest) -> HttpResponse:
    """Show everyone who has an account, by email."""
    _require_admin(request)
    form = UserSearchForm(request.GET)
    wanted = form.cleaned_data["q"] if form.is_valid() else ""
    rows = Paginator(queries.users(matching=wanted), ROWS).get_page(request.GET.get("page"))
    return render(request, "accounts/users.html", {"form": form, "page": rows, "wanted": wanted})


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
    }
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
