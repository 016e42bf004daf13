"""Partitions made before they are needed and dropped when no one reads them any more.

The functions of the database do it (migration 0004 of this app): the role that serves requests may
neither create nor drop a table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioned:
    """A table cut by UTC days or months, and how long its rows are kept."""

    table: str
    keep: timedelta
    by_month: bool = False

    def bounds(self, at: datetime) -> tuple[datetime, datetime]:
        """Return the first moment of the partition that holds `at`, and of the next one."""
        day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if not self.by_month:
            return day, day + timedelta(days=1)
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)

    def oldest(self, now: datetime) -> datetime:
        """Return the first moment that is still kept at `now`."""
        return self.bounds(now - self.keep)[0]

    def name(self, at: datetime) -> str:
        """Return the name of the partition that holds `at`."""
        return f"{self.table}_p{self.bounds(at)[0]:%Y%m%d}"


SAMPLES = Partitioned(table="metering_sample", keep=timedelta(days=3))
ROLLUP_1M = Partitioned(table="metering_rollup_1m", keep=timedelta(days=1))
ROLLUP_5M = Partitioned(table="metering_rollup_5m", keep=timedelta(days=30))
ROLLUP_1H = Partitioned(table="metering_rollup_1h", keep=timedelta(days=400), by_month=True)
ALL = (SAMPLES, ROLLUP_1M, ROLLUP_5M, ROLLUP_1H)


def ensure(partitioned: Partitioned, moments: Iterable[datetime]) -> None:
    """Make the partitions that hold these moments where they are missing."""
    wanted = {partitioned.name(at): partitioned.bounds(at) for at in moments}
    if not _missing(wanted):
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for name in _missing(wanted):
            cursor.execute(
                "SELECT mobula_add_partition(%s, %s, %s)", [partitioned.table, *wanted[name]]
            )


def prepare(now: datetime) -> None:
    """Make today's partitions and those of the next two days."""
    days = [now + timedelta(days=ahead) for ahead in range(3)]
    for partitioned in ALL:
        ensure(partitioned, days)


def drop_expired(now: datetime) -> int:
    """Drop the partitions that end before what is kept; return how many."""
    return sum(_drop(partitioned, now) for partitioned in ALL)


def _missing(names: Iterable[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL",
            [list(names)],
        )
        return [name for (name,) in cursor.fetchall()]


def _drop(partitioned: Partitioned, now: datetime) -> int:
    oldest = partitioned.name(partitioned.oldest(now))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT inhrelid::regclass::text FROM pg_inherits
               WHERE inhparent = %s::regclass""",
            [partitioned.table],
        )
        # Names end in a date, so their order is that of time.
        expired = [name for (name,) in cursor.fetchall() if name < oldest]
        # The current holder of the table goes first; the next round tries again.
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        for name in expired:
            cursor.execute("SELECT mobula_drop_partition(%s, %s)", [partitioned.table, name])
    return len(expired)
