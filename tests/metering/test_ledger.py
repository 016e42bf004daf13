"""A node's life becomes one interval, however often each step is reported."""

import pytest
from django.db import IntegrityError, transaction

from metering import ledger
from metering.models import Interval

from .cast import HOUR, MINUTE, NOON, Opener


def test_opening_twice_keeps_the_first(open_node: Opener) -> None:
    first = open_node(hourly_microusd=5)
    second = open_node(hourly_microusd=9, started_at=NOON + HOUR)
    assert (second.pk, second.hourly_microusd, second.started_at) == (first.pk, 5, NOON)


def test_closing_twice_keeps_the_first_end(open_node: Opener) -> None:
    interval = open_node()
    ledger.close_interval("n-1", ended_at=NOON + HOUR)
    ledger.close_interval("n-1", ended_at=NOON + 2 * HOUR)
    interval.refresh_from_db()
    assert interval.ended_at == NOON + HOUR


def test_a_closed_interval_does_not_open_again(open_node: Opener) -> None:
    open_node()
    ledger.close_interval("n-1", ended_at=NOON + HOUR)
    assert open_node(started_at=NOON + 2 * HOUR).ended_at == NOON + HOUR


def test_only_the_first_mark_counts(open_node: Opener) -> None:
    interval = open_node()
    for minutes in (5, 7):
        ledger.mark_ready("n-1", at=NOON + minutes * MINUTE)
        ledger.mark_leaving("n-1", at=NOON + (30 + minutes) * MINUTE)
    interval.refresh_from_db()
    assert interval.ready_at == NOON + 5 * MINUTE
    assert interval.leaving_at == NOON + 35 * MINUTE


def test_nothing_happens_to_a_node_before_it_starts(open_node: Opener) -> None:
    interval = open_node()
    ledger.mark_ready("n-1", at=NOON - HOUR)
    ledger.close_interval("n-1", ended_at=NOON - HOUR)
    interval.refresh_from_db()
    assert (interval.ready_at, interval.ended_at) == (NOON, NOON)


def test_a_mark_undone_by_the_caller_leaves_no_trace(open_node: Opener) -> None:
    interval = open_node()
    with transaction.atomic():
        ledger.close_interval("n-1", ended_at=NOON + HOUR)
        transaction.set_rollback(True)
    interval.refresh_from_db()
    assert interval.ended_at is None


def test_the_database_refuses_a_second_interval_of_a_node(open_node: Opener) -> None:
    interval = open_node()
    interval.pk = None
    with pytest.raises(IntegrityError, match="node"), transaction.atomic():
        interval.save(force_insert=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ended_at", NOON - HOUR),
        ("ready_at", NOON - HOUR),
        ("leaving_at", NOON - HOUR),
        ("posted_until", NOON - HOUR),
        ("hourly_microusd", -1),
        ("settled", True),
        ("role", "spare"),
    ],
)
def test_the_database_refuses_what_makes_no_sense(
    open_node: Opener, field: str, value: object
) -> None:
    interval = open_node()
    with pytest.raises(IntegrityError), transaction.atomic():
        Interval.objects.filter(pk=interval.pk).update(**{field: value})
