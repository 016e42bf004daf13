"""Verify the chain in the background, once a day from its first row, for the audit page to show.

A worker that an attacker controls shows what he likes: `mobula audit verify` with a digest that was
kept elsewhere is what proves something.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.chain.digests import GENESIS
from accounts.chain.verifying import verify
from accounts.models import AuditCheck, AuditEntry, AuditSeal

log = logging.getLogger(__name__)
EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)  # after a problem
_SECONDS = 60.0  # of one task; the next goes on
_BEHIND = timedelta(minutes=10)
_MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """How far the audit log is sealed and verified."""

    seal: AuditSeal | None
    unsealed: int
    is_behind: bool  # something has waited long to be sealed
    check: AuditCheck | None

    @property
    def digest(self) -> str:
        """The newest digest, as `mobula audit head` prints it."""
        return bytes(self.seal.digest).hex() if self.seal else ""

    @property
    def has_more_unsealed(self) -> bool:
        """Whether there are more than were counted."""
        return self.unsealed >= _MOST_COUNTED


def check(now: datetime) -> bool:
    """Verify a part of the chain where a verification is due; False: none is."""
    current = AuditCheck.objects.order_by("-pk").first()
    if current is None or current.finished_at:
        pause = AGAIN if current and current.problem else EVERY
        if current and current.started_at > now - pause:
            return False
        current = AuditCheck(started_at=now, digest=GENESIS)
    after = AuditSeal.objects.filter(position=current.position, digest=current.digest).first()
    if after is None:
        current.rows = 0
    report = verify(after=after, seconds=_SECONDS)
    current.rows += report.rows
    current.position, current.digest = report.position, report.digest
    current.sealed_at = report.sealed_at or current.sealed_at
    current.problem = report.problem
    current.finished_at = timezone.now() if report.is_complete else None
    current.save()
    if report.problem:
        log.error("the audit log was tampered with", extra={"problem": report.problem})
    return True


def chain_state() -> ChainState:
    """Return how far the chain is, for those who look after the installation."""
    seal = AuditSeal.objects.order_by("-position").first()
    waiting = AuditEntry.objects.filter(pk__gt=seal.entry_id if seal else 0).order_by("pk")
    oldest = waiting.first()
    return ChainState(
        seal=seal,
        unsealed=waiting[:_MOST_COUNTED].count(),
        is_behind=oldest is not None and oldest.at < timezone.now() - _BEHIND,
        check=AuditCheck.objects.filter(finished_at__isnull=False).order_by("-pk").first(),
    )
