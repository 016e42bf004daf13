"""Posts that are killed, or run at once on many connections, lose and double nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction

from metering import ledger
from metering.models import CostDay, CostHour
from metering.posting import rounds

from .books import price, total
from .cast import HOUR, MINUTE, NOON, Opener


def test_a_crash_between_batches_loses_and_doubles_nothing(
    open_node: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        open_node(f"n-{number}")
    monkeypatch.setattr(rounds, "_BATCH", 2)
    posted = rounds._post_batch(NOON + HOUR, None)
    assert total() == 2_000_000
    assert len(posted) == 2
    ledger.post(NOON + HOUR)
    assert total() == total(CostDay) == 4_000_000


def test_a_crash_within_a_batch_leaves_the_interval_to_be_posted(
    open_node: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    interval = open_node()
    monkeypatch.setattr(rounds, "_ADD_DAYS", "SELECT 1/0, %s::uuid[], %s::date[]")
    with pytest.raises(Exception, match="division by zero"):
        ledger.post(NOON + HOUR)
    monkeypatch.undo()
    interval.refresh_from_db()
    assert interval.posted_until == NOON
    assert not CostHour.objects.exists()
    ledger.post(NOON + HOUR)
    assert total() == 1_000_000


class Killed(Exception):
    """Stands for a process that ends between two statements."""


def kill_before(statement: int) -> Callable[..., Any]:
    """Return a wrapper of statements that lets as many pass and then raises."""
    left = iter(range(statement))

    def execute(run: Callable[..., Any], *call: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return run(*call)

    return execute


def test_killed_between_any_two_statements_nothing_is_lost_or_doubled(
    open_node: Opener,
) -> None:
    ended, running = (open_node(f"n-{number}", hourly_microusd=333_333) for number in range(2))
    ledger.post(NOON + HOUR)
    ledger.close_interval(ended.node, ended_at=NOON + 30 * MINUTE)
    now = NOON + 150 * MINUTE
    for statement in count():
        try:
            with transaction.atomic(), connection.execute_wrapper(kill_before(statement)):
                ledger.post(now)
        except Killed:
            assert total() == total(CostDay) == 2 * 333_333
        else:
            break
    assert statement > 8
    assert total() == total(CostDay) == price(ended, now) + price(running, now)


@pytest.mark.django_db(transaction=True)
def test_posts_and_marks_on_many_connections_end_at_the_price(open_node: Opener) -> None:
    intervals = [open_node(f"n-{number}", hourly_microusd=333_333) for number in range(8)]

    def work(turn: int) -> None:
        try:
            if turn % 4 == 3:
                node = f"n-{turn // 4}"
                ledger.mark_ready(node, at=NOON + turn * MINUTE)
                ledger.close_interval(node, ended_at=NOON + (60 + turn) * MINUTE)
            else:
                ledger.post(NOON + (turn % 5) * HOUR)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(32)))
    ledger.post(NOON + 6 * HOUR)
    assert total() == total(CostDay)
    assert total() == sum(price(interval, NOON + 6 * HOUR) for interval in intervals)


@pytest.mark.django_db(transaction=True)
def test_an_interval_that_somebody_is_changing_waits_for_the_next_round(open_node: Opener) -> None:
    open_node()
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        ledger.mark_ready("n-1", at=NOON + MINUTE)

        def post() -> int:
            try:
                return ledger.post(NOON + HOUR)
            finally:
                connection.close()

        assert pool.submit(post).result() == 0
    assert ledger.post(NOON + HOUR) == 1
    assert CostHour.objects.get().overhead == 16_666
