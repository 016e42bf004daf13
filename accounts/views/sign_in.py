"""In and out: the only pages for people who are not signed in."""

from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.answers import show_in
from accounts.errors import TryLater
from accounts.forms import SignInForm
from accounts.models import User
from accounts.views.known_browser import known_browser, remember_browser
from accounts.views.redirects import next_page, to_next_page

BACKEND = "django.contrib.auth.backends.ModelBackend"
# In the session of someone who came by a link: they may set a password without the old one.
PROVED_BY_LINK = "proved-by-link"


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for email and password, and let the right ones in."""
    if request.user.is_authenticated:
        return to_next_page(request)
    form = SignInForm(request.POST or None)
    if not form.is_valid():
        return _form_again(request, form)
    try:
        return _let_in(request, form) or _form_again(request, form)
    except TryLater as refusal:
        show_in(form, refusal)
        response = _form_again(request, form, status=refusal.status)
        response["Retry-After"] = str(refusal.retry_seconds)
        return response


def _let_in(request: HttpRequest, form: SignInForm) -> HttpResponse | None:
    user = services.check_password(
        form.cleaned_data["email"],
        form.cleaned_data["password"],
        address=request.META.get("REMOTE_ADDR", ""),
        browser=known_browser(request),
    )
    if user is None:
        form.add_error(None, "Incorrect email or password.")
        return None
    return _begin_session(request, user, response=to_next_page(request))


def _begin_session(request: HttpRequest, user: User, *, response: HttpResponse) -> HttpResponse:
    services.make_room(user)
    login(request, user, backend=BACKEND)
    remember_browser(request, response, user=user)
    return response


def _form_again(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    page = {"form": form, "next": next_page(request)}
    return render(request, "accounts/sign_in.html", page, status=status)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("accounts:sign-in")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask before using up a one-time link: mail scanners open addresses, but press no button."""
    if request.method != "POST":
        owner = services.user_of_link(token)
        page = {"owner": owner}
        return render(request, "accounts/link.html", page, status=200 if owner else 410)
    user = services.consume_sign_in_link(token)
    if user is None:
        return render(request, "accounts/link.html", {"owner": None}, status=410)
    has_password = user.has_usable_password()
    after = to_next_page(request) if has_password else redirect("accounts:account")
    response = _begin_session(request, user, response=after)
    request.session[PROVED_BY_LINK] = True
    return response
