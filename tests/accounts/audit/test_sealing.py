"""Entries are sealed once they are committed, in the order of their ids, and no writer waits."""

import itertools
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import now
from pytest_django import Settings

from accounts.chain import removed, sealing
from accounts.chain.verifying import verify
from accounts.models import AuditEntry, AuditSeal
from accounts.tasks import note_removed_audit, seal_audit
from retention import partitions
from retention.tables import AUDIT
from tests.accounts.audit.conftest import ROWS, tampering, verified

WRITE = """
    INSERT INTO accounts_auditentry
        (at, action, subject_kind, subject_id, subject_name, reason, request_id)
    VALUES (now(), 'x', 'team', '1', 'team', '', '') RETURNING id
"""


def _options() -> dict[str, Any]:
    """Return how to connect to the database of the test."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    return {name: parameters[name] for name in names if parameters.get(name)}


@pytest.fixture
def writers() -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Two connections to the database of the test, each of which writes in its own time."""
    with psycopg.connect(**_options()) as slow, psycopg.connect(**_options()) as quick:
        yield slow, quick


@pytest.mark.django_db(transaction=True)
def test_an_entry_of_an_open_transaction_is_sealed_in_its_place(
    writers: tuple[psycopg.Connection, psycopg.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_WAIT_SECONDS", 0.1)
    slow, quick = writers
    first = slow.execute(WRITE).fetchone()
    second = quick.execute(WRITE).fetchone()
    quick.commit()
    assert sealing.seal() == 0  # the slow one may still commit or not
    third = quick.execute(WRITE).fetchone()
    quick.commit()
    slow.commit()
    assert sealing.seal() == 3
    sealed = AuditSeal.objects.order_by("position").values_list("entry_id")
    assert list(sealed) == [first, second, third]
    assert verify().problem == ""


@pytest.mark.django_db(transaction=True)
def test_many_who_write_at_once_are_sealed_while_they_do() -> None:
    stop, committed = threading.Event(), list[int]()

    def write(number: int) -> None:
        with psycopg.connect(**_options()) as own:
            for turn in itertools.count():
                if stop.is_set():
                    return
                row = own.execute(WRITE).fetchone()
                own.execute("SELECT pg_sleep(random() / 100)")
                if (turn + number) % 5:
                    own.commit()
                    committed.extend(row or ())
                else:
                    own.rollback()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    while len(committed) < 150:
        sealing.seal()
    stop.set()
    for writer in writers:
        writer.join()
    sealing.seal()
    report = verify()
    assert (report.problem, report.rows, report.unsealed) == ("", len(committed), 0)
    sealed_at = AuditSeal.objects.values("at").distinct()
    assert sealed_at.count() > 1


@pytest.mark.django_db
def test_a_round_goes_on_where_the_last_one_ended(entries: list[AuditEntry]) -> None:
    seals = AuditSeal.objects.order_by("position")
    assert [seal.position for seal in seals] == list(range(1, ROWS + 1))
    assert [seal.entry_id for seal in seals] == [entry.pk for entry in entries]
    seal_audit()
    assert seals.count() == ROWS


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditseal SET digest = content",
        "DELETE FROM accounts_auditseal",
        "TRUNCATE accounts_auditseal",
    ],
)
def test_the_database_refuses_to_change_a_seal(entries: list[AuditEntry], statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.django_db
def test_what_retention_removed_is_noted_and_the_rest_holds(
    entries: list[AuditEntry], settings: Settings
) -> None:
    with tampering() as run:
        _age(run, entries[:5], days=100)
        kept = bytes(AuditSeal.objects.get(position=3).digest)
        settings.KEEP_DAYS = {**settings.KEEP_DAYS, "audit": 60}
        assert not removed.note_removed()
        assert partitions.drop_expired(now(), tables=[AUDIT]) == 1
        report = verified()  # before the note is written
        assert (report.removed, report.rows) == (5, ROWS - 5)
        note_removed_audit()
        note_removed_audit()
        note = AuditEntry.objects.get(action=removed.ACTION)
        assert (note.after["rows"], note.after["last_row"], note.actor) == (5, 5, None)
        assert sealing.seal() == 1
        settings.KEEP_DAYS = {**settings.KEEP_DAYS, "audit": 0}
        report = verify(expect=kept)
    assert (report.problem, report.removed, report.rows) == ("", 5, ROWS - 4)
    assert report.expected_at == 3


@pytest.mark.django_db
def test_a_month_that_is_gone_before_its_time_is_missing(
    entries: list[AuditEntry], settings: Settings
) -> None:
    settings.KEEP_DAYS = {**settings.KEEP_DAYS, "audit": 0}
    with tampering() as run:
        _age(run, entries[:5], days=100)
        partitions.drop(AUDIT, AUDIT.name(now() - timedelta(days=100)))
        assert not removed.note_removed()
        assert verify().problem.endswith("is missing.")


@pytest.mark.django_db
def test_one_row_of_a_month_that_is_there_is_missing(
    entries: list[AuditEntry], settings: Settings
) -> None:
    with tampering() as run:
        _age(run, entries[:5], days=100)
        settings.KEEP_DAYS = {**settings.KEEP_DAYS, "audit": 60}
        run("DELETE FROM accounts_auditentry WHERE id = %s", entries[1].pk)
        assert verify().problem.startswith("Row 2 ")


def _age(run: object, entries: list[AuditEntry], *, days: int) -> None:
    """Date the first entries back into a month of their own, and seal everything again."""
    assert callable(run)
    for entry in entries:
        run(
            "UPDATE accounts_auditentry SET at = at - make_interval(days => %s) WHERE id = %s",
            *(days, entry.pk),
        )
    run("DELETE FROM accounts_auditseal")
    partitions.prepare(now())
    assert sealing.seal() == ROWS
