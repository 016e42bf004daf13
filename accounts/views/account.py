"""The page of one's own account, and the choice of a team."""

from collections.abc import Mapping

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.answers import submit
from accounts.forms import PasswordForm, ProfileForm
from accounts.queries import TEAM_IN_SESSION, memberships_of, teams_of
from accounts.requests import SignedInRequest
from accounts.views.redirects import next_page, posted
from accounts.views.sign_in import PROVED_BY_LINK


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """Show one's account; a POST changes name and theme."""
    if request.method != "POST":
        return _page(request, profile=_profile_form(request), password=_password_form(request))
    form = ProfileForm(request.POST)
    submit(form, lambda values: services.change_profile(request.user, **values))
    if form.errors:
        return _page(request, profile=form, password=_password_form(request))
    messages.success(request, "Your account is saved.")
    return redirect("accounts:account")


@sensitive_post_parameters()
@posted(back="accounts:account")
def password(request: SignedInRequest) -> HttpResponse:
    """Set or change one's password; this session goes on, the others end."""
    form = _password_form(request, request.POST)
    submit(form, lambda values: _change_password(request, values))
    if form.errors:
        return _page(request, profile=_profile_form(request), password=form)
    update_session_auth_hash(request, request.user)
    request.session.pop(PROVED_BY_LINK, None)
    messages.success(request, "Your password is set: sign in with it from now on.")
    return redirect("accounts:account")


def _change_password(request: SignedInRequest, values: Mapping[str, str]) -> None:
    services.change_password(
        request.user,
        current=values.get("current", ""),
        new=values["new"],
        is_proved=_is_proved(request),
    )


@require_POST
def switch_team(request: SignedInRequest) -> HttpResponse:
    """Show another team's things from now on."""
    chosen = request.POST.get("team", "")
    wanted = int(chosen) if chosen.isdecimal() else 0
    team = get_object_or_404(teams_of(request.user), pk=wanted)
    request.session[TEAM_IN_SESSION] = team.pk
    return redirect(next_page(request))


def _is_proved(request: SignedInRequest) -> bool:
    return bool(request.session.get(PROVED_BY_LINK))


def _profile_form(request: SignedInRequest) -> ProfileForm:
    return ProfileForm(initial={"name": request.user.name, "theme": request.user.theme})


def _password_form(request: SignedInRequest, posted: QueryDict | None = None) -> PasswordForm:
    return PasswordForm(posted, user=request.user, proved=_is_proved(request))


def _page(
    request: SignedInRequest, *, profile: ProfileForm, password: PasswordForm
) -> HttpResponse:
    page = {
        "profile": profile,
        "password": password,
        "memberships": memberships_of(request.user),
        "has_password": request.user.has_usable_password(),
    }
    return render(request, "accounts/account.html", page)
