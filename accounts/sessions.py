"""Sessions as rows that say whose they are, from where, and when they were last used."""

import hashlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import Session

# How exact "last seen" is: a page that polls writes no more often.
SEEN_EVERY = timedelta(minutes=1)


def key_hash(session_key: str) -> str:
    """Return what the database keeps of a session's key."""
    # A key has 165 random bits: a plain hash cannot be searched.
    return hashlib.sha256(session_key.encode()).hexdigest()


class SessionStore(SessionBase):
    """Sessions in the database; a session ends when its row is deleted."""

    address = ""
    user_agent = ""
    last_seen_at = None

    def load(self) -> dict[str, Any]:
        """Return the contents of the session, empty when there is none or it has ended."""
        row = Session.objects.current().filter(key_hash=key_hash(self.session_key or "")).first()
        if row is None:
            self._session_key = None
            return {}
        self.last_seen_at = row.last_seen_at
        return self.decode(row.contents)

    def exists(self, session_key: str) -> bool:
        """Return whether there is a session with this key."""
        return Session.objects.filter(key_hash=key_hash(session_key)).exists()

    def create(self) -> None:
        """Begin a session without contents under a new key."""
        self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write the contents; a session that was ended in the meantime stays ended."""
        if self.session_key is None:
            self.create()
            return
        contents = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        values = {"contents": self.encode(contents), "user_id": _user_id(contents)}
        row = key_hash(self.session_key)
        if must_create:
            self._insert(row, values)
        elif not Session.objects.filter(key_hash=row).update(**values):
            raise UpdateError

    def _insert(self, row: str, values: dict[str, Any]) -> None:
        try:
            with transaction.atomic():
                created = Session.objects.create(
                    key_hash=row, address=self.address, user_agent=self.user_agent, **values
                )
        except IntegrityError as error:
            raise CreateError from error
        self.last_seen_at = created.last_seen_at

    def delete(self, session_key: str | None = None) -> None:
        """End a session, this one without a key."""
        if key := session_key or self.session_key:
            Session.objects.filter(key_hash=key_hash(key)).delete()

    def note_use(self) -> None:
        """Write down that the session was used now, unless that was done a moment ago."""
        now = timezone.now()
        if self.session_key is None or self.last_seen_at is None:
            return
        if now - self.last_seen_at < SEEN_EVERY:
            return
        Session.objects.filter(key_hash=key_hash(self.session_key)).update(
            last_seen_at=now, address=self.address, user_agent=self.user_agent
        )

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the sessions that have ended by age or by not being used."""
        now = timezone.now()
        oldest = now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
        Session.objects.filter(created_at__lte=oldest).delete()
        unused = now - timedelta(seconds=settings.SESSION_IDLE_SECONDS)
        Session.objects.filter(last_seen_at__lte=unused).delete()


def _user_id(contents: dict[str, Any]) -> int | None:
    return int(contents[SESSION_KEY]) if SESSION_KEY in contents else None


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's, which also notes where a session is used from."""

    def process_request(self, request: HttpRequest) -> None:
        """Give the request its session."""
        super().process_request(request)
        store: SessionStore = request.session  # type: ignore[assignment]
        store.address = str(request.META.get("REMOTE_ADDR", ""))[:64]
        store.user_agent = request.headers.get("User-Agent", "").replace("\0", "")[:300]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session where it changed, and that it was used."""
        response = super().process_response(request, response)
        request.session.note_use()  # type: ignore[attr-defined]
        return response
