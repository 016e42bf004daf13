"""One clock for Django, PostgreSQL, the driver and the double: only the harness moves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

from django.db import connection
from django.db.models.functions import Now

# Each reading is later than the one before, as with real clocks.
STEP = timedelta(microseconds=10)
_DEFAULTS = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = current_schema() AND column_default = 'statement_timestamp()'
        AND table_name LIKE ANY (ARRAY['clusters\\_%', 'metering\\_%'])
"""


class Clock:
    """A moment that stands still unless it is moved."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> datetime:
        """Return the moment; no two readings are the same."""
        self.moment += STEP
        return self.moment

    def seconds(self) -> float:
        """Return the same in seconds since the epoch."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> None:
        """Move on, and tell PostgreSQL, whose column defaults are read from a setting."""
        self.moment += timedelta(seconds=seconds)
        self.tell()

    def tell(self) -> None:
        """Tell PostgreSQL the moment; a rollback lets it forget."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('faults.now', %s, false)", [self.moment.isoformat()])

    @contextmanager
    def ruling(self) -> Iterator[None]:
        """Let everything go by this clock, within a transaction that is rolled back later."""
        clock = self

        class Moved(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:
                assert tz is UTC
                return clock.now()

        def as_postgresql(*_: object, **__: object) -> tuple[str, list[datetime]]:
            return "%s::timestamptz", [clock.now()]

        self.tell()
        _rule_defaults()
        with (
            mock.patch("django.utils.timezone.datetime", Moved),
            mock.patch.object(Now, "as_postgresql", as_postgresql),
        ):
            yield


def _rule_defaults() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DEFAULTS)
        for table, column in cursor.fetchall():
            cursor.execute(
                f'ALTER TABLE "{table}" ALTER COLUMN "{column}" '
                "SET DEFAULT current_setting('faults.now')::timestamptz"
            )
