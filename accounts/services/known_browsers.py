"""Browsers in which somebody has signed in before, as a signed cookie says.

It signs nobody in. It only lets the person be told from strangers: their wrong passwords are
counted apart (accounts/services/attempts.py), and they do not wait in the queue of strangers.
"""

import secrets
from dataclasses import dataclass

from django.core import signing

COOKIE = "mobula-browser"
LIFETIME_SECONDS = 180 * 86_400
_SALT = "accounts.known-browser"


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """A browser in which somebody has signed in before."""

    user_id: int
    name: str

    @property
    def cookie(self) -> str:
        """The value of its cookie."""
        return signing.dumps([self.user_id, self.name], salt=_SALT)


def new_browser(user_id: int) -> KnownBrowser:
    """Return a browser in which a user signs in for the first time."""
    return KnownBrowser(user_id=user_id, name=secrets.token_hex(8))


def browser_of(cookie: str) -> KnownBrowser | None:
    """Return the browser that has this cookie; None for a cookie that we did not write."""
    try:
        user_id, name = signing.loads(cookie, salt=_SALT, max_age=LIFETIME_SECONDS)
    except signing.BadSignature:
        return None
    return KnownBrowser(user_id=user_id, name=name)
