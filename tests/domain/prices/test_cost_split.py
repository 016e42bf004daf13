from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cost_split import Parts, Use, control, overhead, split_work
from domain.pricing import RateCard

GIB = 2**30
CARD = RateCard(
    usd_per_cpu_hour=Decimal("0.03"),
    usd_per_gib_hour=Decimal("0.01"),
    usd_per_gpu_hour=Decimal("0.3"),
)
FREE = RateCard(
    usd_per_cpu_hour=Decimal(0), usd_per_gib_hour=Decimal(0), usd_per_gpu_hour=Decimal(0)
)
NO_GPU = Use(capacity=0)
numbers = st.floats(min_value=0, max_value=1e13, allow_nan=False)
uses = st.builds(Use, capacity=numbers, held=st.none() | numbers, used=st.none() | numbers)


def cpu_only(*, held: float | None, used: float | None) -> Parts:
    cpu = Use(capacity=4, held=held, used=used)
    return split_work(1000, card=CARD, cpu=cpu, memory=Use(capacity=0), gpu=NO_GPU)


def test_held_but_unused_is_reserved_idle_and_the_rest_is_infra_idle() -> None:
    assert cpu_only(held=3, used=1) == Parts(used=250, reserved_idle=500, infra_idle=250)


def test_use_beyond_what_is_held_is_used_and_reserves_nothing() -> None:
    assert cpu_only(held=1, used=2) == Parts(used=500, infra_idle=500)


def test_use_beyond_the_capacity_costs_no_more_than_the_node() -> None:
    assert cpu_only(held=8, used=16) == Parts(used=1000)


def test_unknown_use_is_not_called_idle() -> None:
    assert cpu_only(held=3, used=None) == Parts(used=750, infra_idle=250)


def test_unknown_holding_leaves_what_was_used() -> None:
    assert cpu_only(held=None, used=1) == Parts(used=250, infra_idle=750)


def test_a_node_of_which_nothing_is_known_was_used_by_nobody_known() -> None:
    assert cpu_only(held=None, used=None) == Parts(infra_idle=1000)


def test_resources_weigh_as_much_as_the_card_says() -> None:
    # 4 CPUs at 0.03 and 12 GiB at 0.01 are 0.12 each: half of the price is memory's.
    parts = split_work(
        1_000_000,
        card=CARD,
        cpu=Use(capacity=4, held=4, used=4),
        memory=Use(capacity=12 * GIB, held=0, used=3 * GIB),
        gpu=NO_GPU,
    )
    assert parts == Parts(used=625_000, infra_idle=375_000)


def test_a_card_without_prices_shares_evenly() -> None:
    parts = split_work(
        1000,
        card=FREE,
        cpu=Use(capacity=4, held=4, used=4),
        memory=Use(capacity=12 * GIB, held=0, used=0),
        gpu=NO_GPU,
    )
    assert parts == Parts(used=500, infra_idle=500)


def test_a_resource_of_which_nothing_is_known_shifts_nothing_to_idle() -> None:
    parts = split_work(
        1000,
        card=CARD,
        cpu=Use(capacity=4, held=4, used=4),
        memory=Use(capacity=12 * GIB),
        gpu=NO_GPU,
    )
    assert parts == Parts(used=1000)


@given(microusd=st.integers(min_value=0, max_value=10**12), cpu=uses, memory=uses, gpu=uses)
def test_parts_are_never_negative_and_sum_to_the_price(
    microusd: int, cpu: Use, memory: Use, gpu: Use
) -> None:
    parts = split_work(microusd, card=CARD, cpu=cpu, memory=memory, gpu=gpu)
    assert parts.total == microusd
    assert min(parts.used, parts.reserved_idle, parts.infra_idle) >= 0


@given(microusd=st.integers(min_value=0, max_value=10**12), capacity=st.floats(0.1, 1e13))
def test_a_fully_used_node_leaves_no_rounding_to_idle(microusd: int, capacity: float) -> None:
    full = Use(capacity=capacity, held=capacity, used=capacity)
    assert split_work(microusd, card=CARD, cpu=full, memory=full, gpu=full) == Parts(used=microusd)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [(control(7), Parts(control=7)), (overhead(7), Parts(overhead=7))],
)
def test_heads_are_control_and_boot_and_drain_are_overhead(parts: Parts, expected: Parts) -> None:
    assert parts == expected
    assert parts.total == 7
