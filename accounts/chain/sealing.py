"""Seal the entries of the audit trail: give each its place in the chain, after it is committed.

Whoever writes an entry takes no lock for it. Ids are given out before transactions are committed,
so an entry may appear below others that are there already. The chain is in the order of ids: so a
round reads the newest id first, waits until every transaction that could hold an id up to it has
ended, and seals up to there. PostgreSQL's CREATE INDEX CONCURRENTLY waits for writers the same way:
a transaction keeps its lock on the table from before it draws an id until it is visible to others
(https://www.postgresql.org/docs/18/explicit-locking.html#LOCKING-TABLES).
"""

import logging
import time

from django.db import connection, transaction
from django.utils import timezone

from accounts.chain.digests import GENESIS, VERSION, Link
from accounts.chain.entries import entries_between, newest_id, writers
from accounts.models import AuditSeal

log = logging.getLogger(__name__)
_LOCK = 0x6D6F6202  # one process at a time seals
_BATCH = 5_000
_WAIT_SECONDS, _LOOK_SECONDS = 5.0, 0.05
_ROUND_SECONDS = 60.0


def seal() -> int:
    """Seal what is committed, for up to a minute; return how many entries were sealed."""
    last = settled_id()
    begin, sealed = time.monotonic(), 0
    while last and time.monotonic() - begin < _ROUND_SECONDS:
        count = _seal_batch(last)
        sealed += count
        if count < _BATCH:
            break
    return sealed


def settled_id() -> int:
    """Return an id up to which no entry can appear any more; 0: a transaction takes too long."""
    newest = newest_id()
    waiting = writers()
    deadline = time.monotonic() + _WAIT_SECONDS
    while waiting:
        if time.monotonic() > deadline:
            log.info("audit entries are not sealed yet: a transaction is still open")
            return 0
        time.sleep(_LOOK_SECONDS)
        waiting &= writers()
    return newest


@transaction.atomic
def _seal_batch(last: int) -> int:
    """Seal up to 5,000 entries with ids of at most `last`; return how many."""
    if not lock():
        return 0
    newest = AuditSeal.objects.order_by("-position").first()
    after, position = (newest.entry_id, newest.position) if newest else (0, 0)
    digest = bytes(newest.digest) if newest else GENESIS
    sealed_at, seals = timezone.now(), list[AuditSeal]()
    for entry in entries_between(after, last, most=_BATCH):
        position += 1
        link = Link(position, entry.id, entry.at, sealed_at, VERSION, entry.content)
        digest = link.digest(digest)
        seals.append(_seal(link, digest))
    AuditSeal.objects.bulk_create(seals)
    return len(seals)


def lock() -> bool:
    """Take the lock of the chain until the transaction ends; False: another process has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        (taken,) = cursor.fetchone()
        return bool(taken)


def _seal(link: Link, digest: bytes) -> AuditSeal:
    return AuditSeal(
        position=link.position,
        entry_id=link.entry_id,
        entry_at=link.entry_at,
        at=link.sealed_at,
        version=link.version,
        content=link.content,
        digest=digest,
    )
