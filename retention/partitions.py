"""Partitions made before they are needed and dropped when no one reads them any more."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import OperationalError, connection, transaction
from psycopg import errors, sql

from retention import clock, statements
from retention.tables import ALL, Partitioned

log = logging.getLogger(__name__)
_LOCK = 0x6D6F6201  # one process at a time makes or drops partitions
_AHEAD = (timedelta(0), timedelta(days=1), timedelta(days=2), timedelta(days=7))
_MOST_STRAYS = 20  # partitions made in one round for rows that were in none
_ATTEMPTS, _PAUSE_SECONDS = 5, 1.0


def ensure(partitioned: Partitioned, moments: Iterable[datetime]) -> None:
    """Make the partitions that hold these moments where they are missing."""
    wanted = {partitioned.name(at): partitioned.bounds(at) for at in moments}
    if not _missing(wanted):
        return
    with transaction.atomic():
        _lock()
        for name in _missing(wanted):
            start, end = wanted[name]
            statements.add(partitioned.table, start=start, end=end)


def prepare(now: datetime) -> None:
    """Make the partitions of today and the next week, and those of rows that are in none yet."""
    for partitioned in ALL:
        moments = [now + ahead for ahead in _AHEAD]
        if partitioned.has_default:
            moments += _strays(partitioned)
        _patiently(partial(ensure, partitioned, moments))


def keep_up(now: datetime) -> int:
    """Make partitions ahead and drop the expired ones; return how many were dropped."""
    prepare(now)
    return drop_expired(clock.advance(now))


def drop_expired(at: datetime, *, tables: Iterable[Partitioned] = ALL) -> int:
    """Drop the partitions that end before what is kept at that time; return how many."""
    # Names end in a date, so their order is that of time.
    return sum(
        drop(partitioned, name)
        for partitioned in tables
        if partitioned.days
        for name in names(partitioned)
        if name < partitioned.name(partitioned.oldest(at))
    )


def drop(partitioned: Partitioned, name: str) -> bool:
    """Drop one partition; False: readers held the table for too long, another round tries again."""

    def once() -> None:
        with transaction.atomic():
            _lock()
            if not _missing([name]):
                statements.drop(partitioned.table, partition=name)

    return _patiently(once)


def names(partitioned: Partitioned) -> list[str]:
    """Return the names of a table's partitions, oldest first, without the default one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
               WHERE inhparent = to_regclass(%s) AND relname <> %s ORDER BY relname""",
            [partitioned.table, partitioned.default],
        )
        return [name for (name,) in cursor.fetchall()]


def _strays(partitioned: Partitioned) -> list[datetime]:
    """Return moments of rows in the default partition, such as after a step of the clock."""
    query = sql.SQL(
        """SELECT DISTINCT date_trunc({width}, {column}, 'UTC') FROM {default}
           ORDER BY 1 LIMIT {most}"""
    ).format(
        width=sql.Literal(partitioned.width.value),
        column=sql.Identifier(partitioned.column),
        default=sql.Identifier(partitioned.default),
        most=sql.Literal(_MOST_STRAYS),
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [at for (at,) in cursor.fetchall()]


def _missing(names: Iterable[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL",
            [list(names)],
        )
        return [name for (name,) in cursor.fetchall()]


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _patiently(change: Callable[[], None]) -> bool:
    """Make the change, which gives up soon where it must wait: pages would queue up behind it."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        try:
            change()
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
        else:
            return True
    log.warning("partition not changed: its table was in use; the next round tries again")
    return False
