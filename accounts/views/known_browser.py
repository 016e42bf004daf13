"""The cookie of a browser in which somebody has signed in: their sign-in is not slowed by others.

It signs nobody in. It only says whose wrong passwords are counted apart; see
accounts/services/attempts.py.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User
from accounts.services import KnownBrowser

COOKIE = "mobula-browser"
SALT = "accounts.known-browser"
LIFETIME_SECONDS = 180 * 86_400


def known_browser(request: HttpRequest) -> KnownBrowser | None:
    """Return whose browser this is, as its cookie says, or None."""
    try:
        user_id, name = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFETIME_SECONDS
        )
    except signing.BadSignature:
        return None
    return KnownBrowser(user_id=user_id, name=name)


def remember_browser(request: HttpRequest, response: HttpResponseBase, *, user: User) -> None:
    """Mark the browser as one of `user`; it keeps its name, and so its count."""
    known = known_browser(request)
    name = known.name if known and known.user_id == user.pk else secrets.token_hex(8)
    response.set_cookie(
        COOKIE,
        signing.dumps([user.pk, name], salt=SALT),
        max_age=LIFETIME_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
