"""The browsers a person is signed in with, and how they are signed out."""

from django.db import transaction

from accounts.errors import NotFound
from accounts.models import Session, User
from accounts.permissions import may_end_sessions, require
from accounts.services.audit import record
from accounts.sessions import SessionStore, key_hash

# Of one person; the one that was used least recently makes room for a new one.
MOST_SESSIONS = 50


@transaction.atomic
def end_session(session: Session, *, by: User) -> None:
    """Sign a browser out: its next request is answered with the sign-in page."""
    user = session.user
    if user is None:
        raise NotFound("This session has ended already.")
    require(may_end_sessions(by, user=user))
    before = {"browser": session.browser, "address": session.address}
    Session.objects.filter(pk=session.pk).delete()
    record("user.session_ended", actor=by, subject=user, before=before)


@transaction.atomic
def end_sessions(user: User, *, by: User, but: str = "") -> int:
    """Sign `user` out everywhere, except in the session with the key `but`; return how often."""
    require(may_end_sessions(by, user=user))
    sessions = user.sessions.exclude(key_hash=key_hash(but))
    ended: int = sessions.current().count()
    sessions.delete()
    record("user.sessions_ended", actor=by, subject=user, before={"sessions": ended})
    return ended


def make_room(user: User) -> None:
    """Delete sessions that have ended, and the oldest of `user` beyond the most there may be."""
    SessionStore.clear_expired()
    kept = user.sessions.order_by("-last_seen_at", "-pk")[: MOST_SESSIONS - 1]
    user.sessions.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
