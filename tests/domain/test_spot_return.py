"""When a node goes back to spot, and why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.objective import Objective
from domain.offerings import Market, Prices
from domain.spot_return import Return, SpotCandidate, returns

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRICES: Prices = {
    ("small", Market.SPOT): Decimal("0.30"),
    ("small", Market.ON_DEMAND): Decimal(1),
}
NODE = SpotCandidate(
    name="c1-3",
    label="cpu-3",
    instance_type="small",
    hourly_usd=Decimal(1),
    ready_at=NOW - 2 * HOUR,
    threshold=HOUR,
    is_idle=True,
)


def found(*nodes: SpotCandidate, prices: Prices = PRICES, **options: object) -> list[Return]:
    given = {"zones": ["a", "b"], "cold": {}, **options}
    return returns(nodes, prices, NOW, **given)  # type: ignore[arg-type]


def test_an_idle_node_goes_back_and_says_what_that_gains() -> None:
    (one,) = found(NODE)
    assert one.node == "c1-3"
    assert one.gain_usd == Decimal("1.40")
    assert one.sentence == (
        "cpu-3 returns to spot (idle): small costs $0.30/h as spot instead of $1.00/h, "
        "$1.40 less over the 2.0 h it is expected to keep running."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"ready_at": NOW - HOUR + timedelta(seconds=1)},  # before its threshold
        {"threshold": 3 * HOUR},
        {"is_idle": False},  # busy
        {"hourly_usd": None},  # nobody knows what it costs
        {"hourly_usd": Decimal("0.80")},  # 2 h x $0.50 = $1.00, not more
        {"hourly_usd": Decimal("0.20")},  # spot is dearer
        {"instance_type": "large"},  # no spot price
    ],
)
def test_a_node_stays(changes: dict[str, object]) -> None:
    assert found(replace(NODE, **changes)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spot_usd", "objective", "goes"),
    [
        ("0.85", Objective.COST, True),
        ("0.85", Objective.STEADY, False),
        ("0.75", Objective.STEADY, True),
        ("0.985", Objective.COST, True),
        ("0.985", Objective.SPEED, True),
        ("0.995", Objective.SPEED, False),
    ],
)
def test_a_node_stays_that_the_objective_would_rent_on_demand_again(
    spot_usd: str, objective: Objective, goes: bool
) -> None:
    old = replace(NODE, ready_at=NOW - 1000 * HOUR)
    prices = {("small", Market.SPOT): Decimal(spot_usd)}
    back = found(old, prices=prices, objective=objective)
    assert [one.gain_usd for one in back] == ([1000 * (1 - Decimal(spot_usd))] if goes else [])


def test_a_busy_node_goes_where_its_group_may_be_disturbed() -> None:
    assert found(replace(NODE, is_idle=False, may_disturb=True))


def test_nothing_goes_while_spot_cools_down_in_every_zone() -> None:
    cold = {("small", "a", Market.SPOT): "since"}
    assert found(NODE, cold=cold)
    assert not found(NODE, cold=cold | {("small", "b", Market.SPOT): "since"})
    assert not found(NODE, cold={("", "", Market.SPOT): "blocked"})
    assert not found(NODE, cold={("small", "", Market.SPOT): "since"}, zones=[])


def test_a_cluster_that_ends_soon_gains_nothing() -> None:
    assert found(NODE, last_hour=NOW + HOUR) == []
    assert found(NODE, last_hour=NOW + 2 * HOUR)
    assert found(NODE, last_hour=NOW - HOUR) == []


def test_the_largest_gain_comes_first() -> None:
    older = replace(NODE, name="c1-2", ready_at=NOW - 9 * HOUR)
    assert [one.node for one in found(NODE, older)] == ["c1-2", "c1-3"]
