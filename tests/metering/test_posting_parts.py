"""Into which parts an interval's cost is split: overhead, control, used, held and idle."""

from datetime import timedelta

from django.db.models import Max

from metering import ledger, rollups
from metering.models import CostDay, CostHour
from metering.samples import Sample, record

from .books import parts, price, total
from .cast import CLUSTER, DAY, HOUR, MINUTE, NOON, Opener

SECOND = timedelta(seconds=1)


def test_boot_and_drain_are_overhead_and_the_head_is_control(open_node: Opener) -> None:
    open_node("n-0", role="head", hourly_microusd=3_600_000)
    ledger.mark_ready("n-0", at=NOON + MINUTE)
    ledger.mark_leaving("n-0", at=NOON + 50 * MINUTE)
    ledger.close_interval("n-0", ended_at=NOON + 52 * MINUTE)
    ledger.post(NOON + HOUR)
    assert parts() == {"overhead": 3 * 60_000, "control": 49 * 60_000}


def test_a_node_that_never_became_ready_is_all_overhead(open_node: Opener) -> None:
    open_node()
    ledger.close_interval("n-1", ended_at=NOON + 90 * MINUTE)
    ledger.post(NOON + 2 * HOUR)
    assert parts() == {"overhead": 1_500_000}


def measure(node: str, *, cpu_held: float, cpu_used: float) -> None:
    at = [NOON + tick * 10 * SECOND for tick in range(360)]
    record(
        CLUSTER,
        [Sample(node=node, at=t, cpu_capacity=4, cpu_held=cpu_held, cpu_used=cpu_used) for t in at],
        now=NOON + HOUR,
    )
    rollups.roll_up(NOON + HOUR)


def test_service_is_split_by_what_was_held_and_used(open_node: Opener) -> None:
    open_node(started_at=NOON)
    ledger.mark_ready("n-1", at=NOON)
    measure("n-1", cpu_held=3, cpu_used=1)
    ledger.post(NOON + HOUR)
    assert parts() == {"used": 250_000, "reserved_idle": 500_000, "infra_idle": 250_000}


def test_samples_that_come_shortly_after_the_hour_still_weigh(open_node: Opener) -> None:
    open_node(started_at=NOON)
    ledger.mark_ready("n-1", at=NOON)
    ledger.post(NOON + HOUR + 5 * MINUTE)
    measure("n-1", cpu_held=4, cpu_used=4)
    ledger.post(NOON + HOUR + 10 * MINUTE)
    assert CostHour.objects.get(hour=NOON).used == 1_000_000


def test_nothing_is_used_where_nothing_was_measured(open_node: Opener) -> None:
    open_node(started_at=NOON)
    ledger.mark_ready("n-1", at=NOON)
    ledger.post(NOON + HOUR)
    assert parts() == {"infra_idle": 1_000_000}


def test_unpriced_hours_are_seconds_and_not_zero_dollars(open_node: Opener) -> None:
    open_node(hourly_microusd=None)
    ledger.post(NOON + 90 * MINUTE)
    assert list(CostHour.objects.order_by("hour").values_list("seconds", "total", "used")) == [
        (3600, None, None),
        (1800, None, None),
    ]
    day = CostDay.objects.get()
    assert (day.seconds, day.total, day.priced) == (5400, None, False)


def test_a_free_node_costs_zero_and_is_priced(open_node: Opener) -> None:
    open_node(hourly_microusd=0)
    ledger.post(NOON + HOUR)
    assert (CostDay.objects.get().total, CostDay.objects.get().priced) == (0, True)


def test_an_end_that_becomes_known_late_takes_hours_back(open_node: Opener) -> None:
    interval = open_node()
    ledger.post(NOON + 30 * HOUR)
    assert total() == total(CostDay) == 30_000_000
    ledger.close_interval("n-1", ended_at=NOON + 90 * MINUTE)
    ledger.post(NOON + 30 * HOUR)
    assert total() == total(CostDay) == price(interval, NOON + DAY) == 1_500_000
    assert CostHour.objects.aggregate(last=Max("hour"))["last"] == NOON + HOUR


def test_a_readiness_that_becomes_known_late_moves_parts_not_totals(open_node: Opener) -> None:
    open_node(role="head")
    ledger.post(NOON + 3 * HOUR)
    assert parts() == {"overhead": 3_000_000}
    ledger.mark_ready("n-1", at=NOON + HOUR)
    ledger.post(NOON + 3 * HOUR)
    assert parts() == {"overhead": 1_000_000, "control": 2_000_000}


def test_a_node_that_ended_as_it_began_costs_nothing(open_node: Opener) -> None:
    interval = open_node()
    ledger.post(NOON + HOUR)
    ledger.close_interval("n-1", ended_at=NOON)
    ledger.post(NOON + DAY)
    interval.refresh_from_db()
    assert interval.settled
    assert not CostHour.objects.exists()
    assert not CostDay.objects.exists()
