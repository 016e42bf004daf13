"""How many wrong passwords there may be, and for whom.

Attempts are counted three ways: by email and address (somebody who guesses), by address (somebody
who tries many emails), by email (many who guess together). A browser in which the person has
signed in before is counted apart from all of these: whatever strangers do, it gets in. The limit
by email slows down but never locks.

An attempt is a row, written while it has one of the few slots for hashing: so the table is no
longer than the hashes that fit into fifteen minutes. What is refused writes nothing.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.errors import TryLater
from accounts.models import SignInAttempt

WITHIN = timedelta(minutes=15)
ATTEMPTS = 5  # of one email from one address, or from one known browser
ATTEMPTS_FROM_ADDRESS = 30
ATTEMPTS_OF_EMAIL = 20
# How often an email may be tried from elsewhere once there were too many.
SLOWED_TO = timedelta(seconds=30)


class TooManyAttempts(TryLater):
    """Too many wrong passwords; the next one is checked `after`."""

    code = "too-many-attempts"
    status = 429

    def __init__(self, *, after: datetime) -> None:
        seconds = max(1, round((after - timezone.now()).total_seconds()))
        wait = f"{seconds} s" if seconds < 60 else f"{round(seconds / 60)} min"
        super().__init__(
            f"Too many failed sign-in attempts. Wait {wait}, or ask an admin for a sign-in link.",
            retry_seconds=seconds,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """Whose password is tried, and from where."""

    email: str
    address: str  # as `counted_address` writes it
    device: str = ""  # a browser that is known to be the person's


def counted_address(text: str) -> str:
    """Return what an address is counted as: IPv6 by its network, since a host has all of it."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))


def refuse_too_many(source: Source) -> None:
    """Raise `TooManyAttempts` if there is no attempt left for `source`."""
    _refuse(source, but=None)


def begin_attempt(source: Source) -> None:
    """Write an attempt down before its password is checked. Raises `TooManyAttempts`.

    It is on record, and committed, before the slow check, so that guesses made at the same moment
    count each other.
    """
    now = timezone.now()
    SignInAttempt.objects.filter(at__lte=now - WITHIN).delete()
    attempt = SignInAttempt.objects.create(
        email=source.email, address=source.address, device=source.device, at=now
    )
    try:
        _refuse(source, but=attempt)
    except TooManyAttempts:
        attempt.delete()
        raise


def forget_attempts(source: Source) -> None:
    """Take the wrong passwords of `source` off the record: the right one followed."""
    if source.device:
        SignInAttempt.objects.filter(email=source.email, device=source.device).delete()
    else:
        SignInAttempt.objects.filter(email=source.email, address=source.address, device="").delete()


def _refuse(source: Source, *, but: SignInAttempt | None) -> None:
    if source.device:
        _limit(_times(but, email=source.email, device=source.device), ATTEMPTS)
        return
    _limit(_times(but, email=source.email, address=source.address, device=""), ATTEMPTS)
    _limit(_times(but, address=source.address, device=""), ATTEMPTS_FROM_ADDRESS)
    of_email = _times(but, email=source.email, device="")
    if len(of_email) >= ATTEMPTS_OF_EMAIL and of_email[0] + SLOWED_TO > timezone.now():
        raise TooManyAttempts(after=of_email[0] + SLOWED_TO)


def _limit(times: Sequence[datetime], limit: int) -> None:
    """Refuse when there were `limit` attempts, until so many of them are old that one is left."""
    if len(times) >= limit:
        raise TooManyAttempts(after=times[limit - 1] + WITHIN)


def _times(but: SignInAttempt | None, **of: str) -> list[datetime]:
    """Return when the newest of the recent attempts were, the newest first."""
    recent = SignInAttempt.objects.filter(at__gt=timezone.now() - WITHIN, **of)
    others = recent if but is None else recent.exclude(pk=but.pk)
    newest = max(ATTEMPTS, ATTEMPTS_FROM_ADDRESS, ATTEMPTS_OF_EMAIL)
    return list(others.order_by("-at").values_list("at", flat=True)[:newest])
