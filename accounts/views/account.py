"""The page of one's own account, and the choice of a team."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.forms import PasswordForm, ProfileForm
from accounts.queries import TEAM_IN_SESSION, memberships_of, teams_of
from accounts.requests import SignedInRequest
from accounts.roles import Theme
from accounts.views.redirects import next_page, posted
from accounts.views.sign_in import PROVED_BY_LINK


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """Show one's account; a POST changes name and theme."""
    user = request.user
    form = ProfileForm(request.POST or None, initial={"name": user.name, "theme": user.theme})
    if form.is_valid():
        theme = Theme(form.cleaned_data["theme"])
        services.change_profile(user, name=form.cleaned_data["name"], theme=theme)
        messages.success(request, "Account saved.")
        return redirect("accounts:account")
    return _page(request, profile=form, password=_password_form(request, sent=False))


@sensitive_post_parameters()
@posted(back="accounts:account")
def password(request: SignedInRequest) -> HttpResponse:
    """Set or change one's password; this session goes on, the others end."""
    form = _password_form(request, sent=True)
    if not form.is_valid():
        user = request.user
        profile = ProfileForm(initial={"name": user.name, "theme": user.theme})
        return _page(request, profile=profile, password=form)
    services.set_password(request.user, password=form.cleaned_data["new"])
    update_session_auth_hash(request, request.user)
    request.session.pop(PROVED_BY_LINK, None)
    messages.success(request, "Password saved. Use it the next time you sign in.")
    return redirect("accounts:account")


@require_POST
def switch_team(request: SignedInRequest) -> HttpResponse:
    """Show another team's things from now on."""
    chosen = request.POST.get("team", "")
    wanted = int(chosen) if chosen.isdecimal() else 0
    team = get_object_or_404(teams_of(request.user), pk=wanted)
    request.session[TEAM_IN_SESSION] = team.pk
    return redirect(next_page(request))


def _password_form(request: SignedInRequest, *, sent: bool) -> PasswordForm:
    proved = bool(request.session.get(PROVED_BY_LINK))
    return PasswordForm(request.POST if sent else None, user=request.user, proved=proved)


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
