"""The entries of the audit trail as the chain reads them: every field as PostgreSQL's text."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from accounts.chain.digests import FIELDS, GENESIS, Link, content_of
from accounts.chain.files import sealed_line
from accounts.models import AuditSeal

_QUERY = f"""
    SELECT id, at, {", ".join(FIELDS.values())} FROM accounts_auditentry AS e
    WHERE e.id > %s AND e.id <= %s ORDER BY e.id, e.at LIMIT %s
"""  # noqa: S608 - names of our own columns

_PRINTED = f"""
    SELECT id, {FIELDS["before"]}, {FIELDS["after"]} FROM accounts_auditentry WHERE id = ANY(%s)
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


def places_of(entry_ids: Collection[int]) -> dict[int, Mapping[str, object]]:
    """Return what an export says of each entry's place in the chain; the unsealed have none."""
    seals = {seal.entry_id: seal for seal in AuditSeal.objects.filter(entry_id__in=entry_ids)}
    positions = [seal.position - 1 for seal in seals.values()]
    before = dict(
        AuditSeal.objects.filter(position__in=positions).values_list("position", "digest")
    )
    with connection.cursor() as cursor:
        cursor.execute(_PRINTED, [list(seals)])
        printed = {entry_id: texts for entry_id, *texts in cursor.fetchall()}
    places = {}
    for entry_id, seal in seals.items():
        if entry_id not in printed:
            continue
        link = Link(
            seal.position, entry_id, seal.entry_at, seal.at, seal.version, bytes(seal.content)
        )
        old, new = printed[entry_id]
        previous = bytes(before.get(seal.position - 1, GENESIS))
        places[entry_id] = sealed_line(link, before=old, after=new, previous=previous)
    return places


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
