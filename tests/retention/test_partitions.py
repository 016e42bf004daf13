"""Partitions are made ahead and dropped in their time; a wrong clock neither stops nor removes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import DataError, connection, transaction
from django.db.utils import InternalError, ProgrammingError
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from pytest_django import Settings

from accounts.models import AuditEntry
from clusters.models import Cluster, Event, ScalingDecision
from retention import clock, partitions, statements
from retention.models import Clock
from retention.tables import ALL, AUDIT, DECISIONS, EVENTS, JOB_LOGS, ROLLUP_1H, SAMPLES

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
REFUSED = (DataError, InternalError, ProgrammingError)


def event(cluster: Cluster, at: datetime) -> Event:
    return Event.objects.create(cluster=cluster, kind="cluster.resized", message="x", at=at)


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of the test
        return int(cursor.fetchone()[0])


def test_every_partitioned_table_is_known_to_the_module_and_to_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relname, attname FROM pg_partitioned_table
               JOIN pg_class ON pg_class.oid = partrelid
               JOIN pg_attribute ON attrelid = partrelid AND attnum = partattrs[0]"""
        )
        cut = set(cursor.fetchall())
        cursor.execute("SELECT parent, at_column FROM mobula_partitioned")
        allowed = set(cursor.fetchall())
    assert cut == allowed == {(one.table, one.column) for one in ALL}


def test_partitions_are_made_for_the_next_week() -> None:
    partitions.prepare(now())
    for ahead in (0, 1, 2, 7):
        assert partitions._missing([one.name(now() + ahead * DAY) for one in ALL]) == []


def test_months_and_weeks_end_where_the_next_begin() -> None:
    last = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert ROLLUP_1H.bounds(last) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert DECISIONS.bounds(last) == (
        datetime(2026, 12, 28, tzinfo=UTC),
        datetime(2027, 1, 4, tzinfo=UTC),
    )


def test_expired_rows_go_with_their_partition_and_not_one_by_one(cluster: Cluster) -> None:
    old, kept = event(cluster, now() - 250 * DAY), event(cluster, now() - 170 * DAY)
    ScalingDecision.objects.create(cluster=cluster, kind="launch", reason="x", at=now() - 50 * DAY)
    partitions.prepare(now())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert partitions.drop_expired(now()) == 2
    assert not Event.objects.filter(pk=old.pk).exists()
    assert Event.objects.filter(pk=kept.pk).exists()
    assert not ScalingDecision.objects.filter(at__lt=now() - 40 * DAY).exists()
    assert not any("DELETE" in query["sql"] for query in queries)


def test_days_are_a_setting_and_0_keeps_everything(cluster: Cluster, settings: Settings) -> None:
    event(cluster, now() - 250 * DAY)
    event(cluster, now() - 100 * DAY)
    partitions.prepare(now())
    settings.KEEP_DAYS = {**settings.KEEP_DAYS, "events": 0}
    assert partitions.drop_expired(now()) == 0
    settings.KEEP_DAYS = {**settings.KEEP_DAYS, "events": 30}
    assert partitions.drop_expired(now()) == 2


def test_rows_of_a_time_without_partition_are_taken_and_get_one(cluster: Cluster) -> None:
    partitions.prepare(now())
    far = [event(cluster, now() + 900 * DAY), event(cluster, now() + 1300 * DAY)]
    assert count(EVENTS.default) == 2
    partitions.prepare(now())
    assert count(EVENTS.default) == 0
    assert count(EVENTS.name(far[0].at)) == 1
    assert set(Event.objects.filter(at__gt=now() + DAY)) == set(far)


def test_moved_entries_of_the_audit_log_stay_append_only() -> None:
    entry = AuditEntry.objects.create(
        action="a", subject_kind="k", subject_id="1", subject_name="n", at=now() - 40 * DAY
    )
    partitions.prepare(now())
    assert count(AUDIT.default) == 0
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        entry.delete()


def test_a_step_of_the_clock_into_the_future_drops_nothing_that_is_kept(cluster: Cluster) -> None:
    kept = event(cluster, now() - 100 * DAY)
    partitions.keep_up(now())
    for hour in range(12):
        partitions.keep_up(now() + 3650 * DAY + hour * HOUR)
    assert Event.objects.filter(pk=kept.pk).exists()
    partitions.keep_up(now())
    assert Clock.objects.get().at <= now()


def test_the_clock_of_retention_catches_up_after_a_standstill() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert clock.advance(start) == start
    week = start + 7 * DAY
    assert clock.advance(week) == start + 6 * HOUR
    assert clock.advance(week + timedelta(seconds=5)) == start + 6 * HOUR  # a restart, not an hour
    for hour in range(1, 40):
        reached = clock.advance(week + hour * HOUR)
    assert reached == week + 39 * HOUR
    assert clock.advance(start) == start


def test_the_database_refuses_tables_and_partitions_that_are_not_listed(cluster: Cluster) -> None:
    event(cluster, now() - 250 * DAY)
    partitions.prepare(now())
    today = EVENTS.name(now())
    for table, partition in (
        ("accounts_user", "accounts_user"),
        (EVENTS.table, "accounts_user"),
        (EVENTS.table, EVENTS.table),
        (EVENTS.table, EVENTS.default),
        (EVENTS.table, today),
        (SAMPLES.table, today),
        (AUDIT.table, AUDIT.name(now())),
    ):
        with pytest.raises(REFUSED), transaction.atomic():
            statements.drop(table, partition=partition)
    with pytest.raises(REFUSED), transaction.atomic():
        statements.add("accounts_user", start=now(), end=now() + DAY)


@pytest.fixture
def reader() -> Iterator[psycopg.Connection]:
    """Another connection to the database of the test."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(
        **{name: parameters[name] for name in names if parameters.get(name)}
    ) as it:
        yield it
        it.rollback()


def test_a_table_in_use_is_left_alone_for_now(
    reader: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_ATTEMPTS", 1)
    old = now() - 100 * DAY
    partitions.ensure(JOB_LOGS, [old])
    reader.execute("LOCK TABLE ONLY clusters_joblog IN ACCESS SHARE MODE")
    assert not partitions.drop(JOB_LOGS, JOB_LOGS.name(old))
    reader.rollback()
    assert partitions.drop(JOB_LOGS, JOB_LOGS.name(old))
