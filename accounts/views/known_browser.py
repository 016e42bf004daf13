"""The cookie by which a browser is known again; see accounts/services/known_browsers.py."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User
from accounts.services.known_browsers import (
    COOKIE,
    LIFETIME_SECONDS,
    KnownBrowser,
    browser_of,
    new_browser,
)


def known_browser(request: HttpRequest) -> KnownBrowser | None:
    """Return whose browser this is, as its cookie says, or None."""
    return browser_of(request.COOKIES.get(COOKIE, ""))


def remember_browser(request: HttpRequest, response: HttpResponseBase, *, user: User) -> None:
    """Mark the browser as one of `user`; it keeps its name, and so its count."""
    known = known_browser(request)
    browser = known if known and known.user_id == user.pk else new_browser(user.pk)
    response.set_cookie(
        COOKIE,
        browser.cookie,
        max_age=LIFETIME_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
