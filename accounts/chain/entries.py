"""The entries of the audit trail as the chain reads them: every field as PostgreSQL's text."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from accounts.chain.digests import FIELDS, content_of

_QUERY = f"""
    SELECT id, at, {", ".join(FIELDS.values())} FROM accounts_auditentry AS e
    WHERE e.id > %s AND e.id <= %s ORDER BY e.id, e.at LIMIT %s
"""  # noqa: S608 - names of our own columns


@dataclass(frozen=True, slots=True)
class Sealable:
    """An entry by its id and time, with the digest of all its fields."""

    id: int
    at: datetime
    content: bytes


def entries_between(after: int, last: int, *, most: int) -> list[Sealable]:
    """Return up to `most` entries whose ids are above `after` and at most `last`, by id."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [after, last, most])
        return [Sealable(id_, at, content_of(texts)) for id_, at, *texts in cursor.fetchall()]


def newest_id() -> int:
    """Return the newest id that was given out; its entry may not be committed, or never be."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(pg_sequence_last_value(
                   pg_get_serial_sequence('accounts_auditentry', 'id')::regclass), 0)"""
        )
        (newest,) = cursor.fetchone()
        return int(newest)


def writers() -> set[str]:
    """Return the other transactions that have written entries, or may at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT virtualtransaction FROM pg_locks
               WHERE locktype = 'relation' AND relation = 'accounts_auditentry'::regclass
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()"""
        )
        return {transaction for (transaction,) in cursor.fetchall()}
