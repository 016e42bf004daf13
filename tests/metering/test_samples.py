"""Samples come in exactly once, whatever the network does to the head agent's messages."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering.models import Intake, PendingBucket
from metering.queries import last_samples
from metering.samples import Sample, record

from .cast import CLUSTER, DAY, HOUR, MINUTE, NOON, OTHER

SECOND = timedelta(seconds=1)


def sample(node: str, seconds: float, *, cpu_used: float | None = 1.0) -> Sample:
    return Sample(node=node, at=NOON + seconds * SECOND, cpu_capacity=4.0, cpu_used=cpu_used)


def stored() -> list[tuple[str, float]]:
    """Return node and seconds after noon of the cluster's samples in the database."""
    with connection.cursor() as cursor:
        # Other tests' samples outlive them where they commit: the table is not Django's to flush.
        query = "SELECT node, at FROM metering_sample WHERE cluster_id = %s ORDER BY node, at"
        cursor.execute(query, [CLUSTER])
        return [(node, (at - NOON) / SECOND) for node, at in cursor.fetchall()]


@pytest.mark.django_db
def test_a_message_sent_again_is_skipped() -> None:
    batch = [sample("n-1", 0), sample("n-2", 0), sample("n-1", 5)]
    assert [record(CLUSTER, batch, now=NOON) for _ in range(2)] == [3, 0]
    assert stored() == [("n-1", 0), ("n-1", 5), ("n-2", 0)]
    intake = Intake.objects.get()
    assert (intake.accepted, intake.repeated) == (3, 3)


@pytest.mark.django_db
def test_only_the_new_part_of_an_overlapping_message_is_stored() -> None:
    record(CLUSTER, [sample("n-1", 0), sample("n-1", 5)], now=NOON)
    assert record(CLUSTER, [sample("n-1", 5), sample("n-1", 10)], now=NOON) == 1
    assert stored() == [("n-1", 0), ("n-1", 5), ("n-1", 10)]


@pytest.mark.django_db
def test_a_batch_out_of_order_is_stored_whole_and_without_its_doubles() -> None:
    assert record(CLUSTER, [sample("n-1", at) for at in (10, 0, 5, 10)], now=NOON) == 3


@pytest.mark.django_db
def test_clusters_do_not_share_cursors() -> None:
    assert record(CLUSTER, [sample("n-1", 0)], now=NOON) == 1
    assert record(OTHER, [sample("n-1", 0)], now=NOON) == 1


@pytest.mark.django_db
def test_no_samples_leave_no_trace() -> None:
    assert record(CLUSTER, [], now=NOON) == 0
    assert not Intake.objects.exists()


@pytest.mark.django_db
def test_what_is_too_old_or_from_the_future_is_refused_and_counted() -> None:
    midnight = NOON.replace(hour=0)
    times = {
        "first kept": midnight - 3 * DAY,
        "too old": midnight - 3 * DAY - SECOND,
        "last allowed": NOON + 5 * MINUTE,
        "too new": NOON + 5 * MINUTE + SECOND,
    }
    assert record(CLUSTER, [Sample(node=name, at=at) for name, at in times.items()], now=NOON) == 2
    assert {node for node, _ in stored()} == {"first kept", "last allowed"}
    intake = Intake.objects.get()
    assert (intake.too_old, intake.too_new, intake.accepted) == (1, 1, 2)


@pytest.mark.django_db
def test_values_are_stored_as_they_are_whole_or_not() -> None:
    exact = {"memory_capacity": 2**53, "memory_used": 0.1, "cpu_used": 3, "gpu_used": None}
    record(CLUSTER, [Sample(node="nœud-1", at=NOON, **exact)], now=NOON)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT node, at, {', '.join(exact)} FROM metering_sample")  # noqa: S608
        assert cursor.fetchall() == [("nœud-1", NOON, *exact.values())]


@pytest.mark.django_db
def test_a_backlog_of_days_comes_in_at_once() -> None:
    batch = [Sample(node="n-1", at=NOON + hours * HOUR) for hours in range(0, 72, 6)]
    assert record(CLUSTER, batch, now=NOON + 3 * DAY) == 12


@pytest.mark.django_db
def test_a_caller_that_fails_takes_its_samples_back_and_may_send_them_again() -> None:
    with transaction.atomic():
        record(CLUSTER, [sample("n-1", 0)], now=NOON)
        transaction.set_rollback(True)
    assert record(CLUSTER, [sample("n-1", 0)], now=NOON) == 1


@pytest.mark.django_db
def test_each_five_minutes_with_news_wait_to_be_rolled_up() -> None:
    record(CLUSTER, [sample("n-1", at) for at in (0, 299, 300, 900)], now=NOON + 15 * MINUTE)
    waiting = PendingBucket.objects.order_by("bucket").values_list("bucket", flat=True)
    assert list(waiting) == [NOON, NOON + 5 * MINUTE, NOON + 15 * MINUTE]


@pytest.mark.django_db
def test_the_newest_sample_says_how_old_a_page_is() -> None:
    record(CLUSTER, [sample("n-1", 0), sample("n-2", 7)], now=NOON)
    record(OTHER, [Sample(node="n-1", at=NOON + DAY)], now=NOON)
    assert last_samples([CLUSTER, OTHER]) == {CLUSTER: NOON + 7 * SECOND}


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_a_measure_that_is_no_amount_is_refused_by_name(value: float) -> None:
    with pytest.raises(ValueError, match="cpu_used of n-1"):
        sample("n-1", 0, cpu_used=value)


@pytest.mark.django_db
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=st.lists(
        st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 20)), max_size=8), max_size=6
    )
)
def test_any_sequence_of_batches_stores_what_grows(
    batches: Sequence[list[tuple[str, int]]],
) -> None:
    newest: dict[str, int] = {}
    expected = set()
    for batch in batches:
        for node, at in sorted(batch, key=lambda pair: pair[1]):
            if at > newest.get(node, -1):
                newest[node] = at
                expected.add((node, float(at)))
    with transaction.atomic():
        counts = [record(CLUSTER, [sample(*pair) for pair in batch], now=NOON) for batch in batches]
        found = stored()
        transaction.set_rollback(True)
    assert found == sorted(expected)
    assert sum(counts) == len(expected)


@pytest.mark.django_db(transaction=True)
def test_the_same_message_on_many_connections_is_stored_once() -> None:
    batch = [sample(f"n-{node}", at) for node in range(5) for at in range(20)]

    def send(_: int) -> int:
        try:
            return record(CLUSTER, batch, now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = sorted(pool.map(send, range(4)))
    assert counts == [0, 0, 0, 100]
    assert len(stored()) == 100
