"""The page of one's own account, and the choice of a team."""

from collections.abc import Mapping

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.answers import perform, show_in, submit
from accounts.errors import TryLater
from accounts.forms import PasswordForm, ProfileForm
from accounts.queries import TEAM_IN_SESSION, memberships_of, sessions_of, teams_of
from accounts.requests import SignedInRequest
from accounts.views.redirects import posted, to_next_page
from accounts.views.sign_in import PROVED_BY_LINK


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """Show one's account; a POST changes name, theme and time zone."""
    if request.method != "POST":
        return _page(request, profile=_profile_form(request), password=_password_form(request))
    form = ProfileForm(request.POST)
    submit(form, lambda values: services.change_profile(request.user, **values))
    if form.errors:
        return _page(request, profile=form, password=_password_form(request), status=422)
    messages.success(request, "Account saved.")
    return redirect("accounts:account")


@sensitive_post_parameters()
@posted(back="accounts:account")
def password(request: SignedInRequest) -> HttpResponse:
    """Set or change one's password; this session goes on, the others end."""
    form = _password_form(request, request.POST)
    try:
        submit(form, lambda values: _change_password(request, values))
    except TryLater as refusal:
        return _try_later(request, form, refusal)
    if form.errors:
        return _page(request, profile=_profile_form(request), password=form, status=422)
    update_session_auth_hash(request, request.user)
    request.session.pop(PROVED_BY_LINK, None)
    messages.success(request, "Password saved. Use it the next time you sign in.")
    return redirect("accounts:account")


def _change_password(request: SignedInRequest, values: Mapping[str, str]) -> None:
    services.change_password(
        request.user,
        current=values.get("current", ""),
        new=values["new"],
        is_proved=_is_proved(request),
        address=request.META.get("REMOTE_ADDR", ""),
    )


@posted(back="accounts:account")
def end_session(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign one of one's own browsers out."""
    session = get_object_or_404(request.user.sessions.current(), pk=pk)
    return perform(
        request,
        lambda: services.end_session(session, by=request.user),
        done=f"Signed out {session.browser}.",
        to="accounts:account",
    )


@posted(back="accounts:account")
def end_other_sessions(request: SignedInRequest) -> HttpResponse:
    """Sign all of one's browsers out but this one."""
    this = request.session.session_key or ""
    return perform(
        request,
        lambda: services.end_sessions(request.user, by=request.user, but=this),
        done=lambda ended: f"Signed out {ended} other session{'' if ended == 1 else 's'}.",
        to="accounts:account",
    )


@require_POST
def switch_team(request: SignedInRequest) -> HttpResponse:
    """Show another team's things from now on."""
    chosen = request.POST.get("team", "")
    wanted = int(chosen) if chosen.isdecimal() else 0
    team = get_object_or_404(teams_of(request.user), pk=wanted)
    request.session[TEAM_IN_SESSION] = team.pk
    return to_next_page(request)


def _is_proved(request: SignedInRequest) -> bool:
    return bool(request.session.get(PROVED_BY_LINK))


def _profile_form(request: SignedInRequest) -> ProfileForm:
    user = request.user
    return ProfileForm(
        initial={"name": user.name, "theme": user.theme, "time_zone": user.time_zone}
    )


def _password_form(request: SignedInRequest, posted: QueryDict | None = None) -> PasswordForm:
    return PasswordForm(posted, user=request.user, proved=_is_proved(request))


def _try_later(request: SignedInRequest, form: PasswordForm, refusal: TryLater) -> HttpResponse:
    show_in(form, refusal)
    response = _page(request, profile=_profile_form(request), password=form, status=refusal.status)
    response["Retry-After"] = str(refusal.retry_seconds)
    return response


def _page(
    request: SignedInRequest, *, profile: ProfileForm, password: PasswordForm, status: int = 200
) -> HttpResponse:
    page = {
        "profile": profile,
        "password": password,
        "memberships": memberships_of(request.user),
        "has_password": request.user.has_usable_password(),
        "sessions": sessions_of(request.user, this=request.session.session_key),
    }
    return render(request, "accounts/account.html", page, status=status)
