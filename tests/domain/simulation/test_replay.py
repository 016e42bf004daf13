"""Laws of the replay: nothing is lost, money is exact, the same input gives the same outcome."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.demand import Demand, Gang, Strategy, plain_bundles
from domain.offerings import Market
from domain.planner import PlannedGroup, PlanRequest
from domain.simulation import Arrival, ReplayOutcome, Scenario, simulate
from domain.simulation.conditions import DAY, Weather
from domain.simulation.mobula_policy import Ours
from domain.simulation.policy import Policy
from domain.simulation.ray_policy import Rays, types_of
from domain.simulation.synthetic import WORKLOADS, made
from domain.strategies.floors import ScheduledFloor
from domain.strategies.schedule import Window
from tests.domain.planning import group, offer

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
PUNCTUAL = Weather(boot_seconds=100, boot_spread=0)
STORM = Weather(interruptions_per_hour=0.5, spot_shortages_per_day=20)
CPU = group("cpu", {"CPU": 4.0}, most=20, hourly_usd="0.36")
BOTH_MARKETS = group(
    "cpu",
    most=20,
    offers=(
        offer({"CPU": 4.0}, usd="0.12", kind="four", market=Market.SPOT),
        offer({"CPU": 4.0}, usd="0.36", kind="four"),
    ),
)
GPU = group("gpu", {"CPU": 4.0, "GPU": 1.0}, most=4, hourly_usd="1.80")


def ours(*groups: PlannedGroup, **fields: object) -> Ours:
    base = PlanRequest(groups=groups, nodes=(), demand=Demand())
    return Ours(base=base, started=MONDAY, days=1, **fields)  # type: ignore[arg-type]


def rays(*groups: PlannedGroup) -> Rays:
    return Rays(types=types_of(groups))


def played(policy: Policy, *arrivals: Arrival, weather: Weather = PUNCTUAL) -> ReplayOutcome:
    return simulate(Scenario(arrivals=arrivals, weather=weather, days=1), policy)


def tasks(at: int, count: int, *, seconds: int = 600, **resources: float) -> Arrival:
    return Arrival(at=at, count=count, seconds=seconds, resources=resources or {"CPU": 1.0})


def gang(strategy: Strategy, *, at: int = 0, bundles: int = 3) -> Arrival:
    wanted = Gang(strategy=strategy, bundles=plain_bundles([{"CPU": 1.0}] * bundles))
    return Arrival(at=at, seconds=600, gang=wanted)


@pytest.mark.parametrize(("policy", "looks_after"), [(ours(CPU), 1), (rays(CPU), 5)])
def test_work_for_one_machine_costs_what_that_machine_must(
    policy: Policy, looks_after: int
) -> None:
    outcome = played(policy, tasks(7201, 4))
    started = 7201 + looks_after if looks_after == 1 else 7205
    idle = 60 if looks_after == 1 else 65 - (started + 100 + 600) % 5
    seconds = 100 + 600 + idle
    assert outcome.node_seconds == {("4CPU", Market.ON_DEMAND, Decimal("0.36")): seconds}
    assert outcome.usd == Decimal("0.36") * seconds / 3600
    assert outcome.waits == {started + 100 - 7201: 4}
    assert (outcome.launches, outcome.finished, outcome.disruptions) == (1, 4, 0)


def test_utilization_is_what_work_held_of_what_was_rented() -> None:
    outcome = played(ours(CPU), tasks(0, 2))
    assert outcome.held == {"CPU": 2 * 600}
    assert outcome.utilization("CPU") == pytest.approx(1200 / (4 * 760))
    assert outcome.utilization("GPU") is None


def test_work_that_no_machine_can_hold_stays_unfinished_and_counts_as_waiting() -> None:
    outcome = played(ours(CPU), tasks(0, 3, CPU=8.0))
    assert (outcome.finished, outcome.unfinished, outcome.launches) == (0, 3, 0)
    assert outcome.waits == {2 * DAY: 3}


def test_an_idle_machine_serves_what_comes_next_at_once() -> None:
    outcome = played(ours(CPU), tasks(0, 4), tasks(720, 4))
    assert outcome.launches == 1
    assert outcome.waits == {100: 4, 0: 4}


def test_a_minimum_is_kept_all_the_time() -> None:
    outcome = played(ours(replace(CPU, min_nodes=2)), tasks(3600, 1))
    assert outcome.node_seconds == {("4CPU", Market.ON_DEMAND, Decimal("0.36")): 2 * DAY}
    assert outcome.waits == {0: 1}


def test_a_schedule_keeps_machines_while_its_window_is_open() -> None:
    window = Window(days=("mon",), start="08:00", end="10:00")
    policy = ours(CPU, schedules=[ScheduledFloor(group="cpu", min_nodes=3, window=window)])
    outcome = played(policy, tasks(9 * 3600, 4))
    assert outcome.waits == {0: 4}
    assert outcome.node_seconds == {("4CPU", Market.ON_DEMAND, Decimal("0.36")): 3 * 7200}


def test_a_spare_machine_is_replaced_as_soon_as_it_works() -> None:
    outcome = played(ours(replace(CPU, warm_spare=1)), tasks(3600, 4), tasks(4000, 4))
    assert outcome.waits == {0: 8}
    assert outcome.launches == 3  # one at first, and one for each that began to work


@pytest.mark.parametrize("policy", [ours(CPU), rays(CPU)])
def test_the_bundles_of_a_strict_spread_lie_on_nodes_of_their_own(policy: Policy) -> None:
    assert played(policy, gang(Strategy.STRICT_SPREAD)).launches == 3


@pytest.mark.parametrize("policy", [ours(CPU), rays(CPU)])
def test_the_bundles_of_a_strict_pack_lie_on_one(policy: Policy) -> None:
    outcome = played(policy, gang(Strategy.STRICT_PACK, bundles=4))
    assert (outcome.launches, outcome.finished) == (1, 1)


@pytest.mark.parametrize("policy", [ours(GPU, CPU), rays(GPU, CPU)])
def test_work_without_gpu_rents_none(policy: Policy) -> None:
    outcome = played(policy, tasks(0, 8))
    assert {kind for kind, _, _ in outcome.node_seconds} == {"4CPU"}


def test_a_refused_machine_cools_down_and_the_other_market_serves() -> None:
    short = Weather(boot_spread=0, boot_seconds=100, spot_shortages_per_day=10_000)
    outcome = played(ours(BOTH_MARKETS), tasks(100, 4), weather=short)
    assert (outcome.refused, outcome.launches) == (1, 1)
    assert {market for _, market, _ in outcome.node_seconds} == {Market.ON_DEMAND}


def test_rays_model_takes_the_other_market_after_a_failure_too() -> None:
    short = Weather(boot_spread=0, boot_seconds=100, spot_shortages_per_day=10_000)
    outcome = played(rays(BOTH_MARKETS), tasks(100, 4), weather=short)
    assert (outcome.refused, outcome.launches) == (1, 1)


def test_work_on_a_machine_that_was_taken_back_runs_again() -> None:
    wild = Weather(interruptions_per_hour=3, boot_spread=0)
    outcome = played(ours(BOTH_MARKETS), tasks(0, 40, seconds=1200), weather=wild)
    assert outcome.interrupted > 0
    assert outcome.disruptions > 0
    assert outcome.finished == 40
    assert sum(outcome.waits.values()) == 40  # only the first start is a wait


class Doomed(Weather):
    """The first machine is taken back after 400 seconds, of which it is known for the last 120."""

    def life_of(self, number: int, market: Market) -> int | None:
        return 400 if (number, market) == (1, Market.ON_DEMAND) else None


def test_a_notice_keeps_new_work_away_from_what_will_be_taken_back() -> None:
    known = Doomed(boot_seconds=100, boot_spread=0)
    kept = replace(CPU, min_nodes=1)
    late = tasks(290, 4, seconds=300)
    heard = played(ours(kept), late, weather=known)
    unheard = played(rays(kept), late, weather=known)
    assert (heard.disruptions, unheard.disruptions) == (0, 4)
    assert (heard.finished, unheard.finished) == (4, 4)


def test_rays_model_starts_no_more_at_once_than_its_upscaling_speed() -> None:
    slow = Rays(types=types_of([CPU]), upscaling_speed=1)
    fast = Rays(types=types_of([CPU]))
    waits = [played(policy, tasks(0, 40)).longest_wait for policy in (slow, fast)]
    assert waits == [145, 100]


def test_priorities_by_price_decide_only_among_equally_used_types() -> None:
    dear = group("dear", {"CPU": 4.0}, hourly_usd="2")
    cheap = group("cheap", {"CPU": 4.0}, hourly_usd="1")
    blind, priced = (
        played(Rays(types=types_of([dear, cheap], by_price=by)), tasks(0, 4))
        for by in (False, True)
    )
    assert priced.usd * 2 == blind.usd


def test_what_has_no_price_is_not_simulated() -> None:
    with pytest.raises(ValueError, match="4CPU has no known price"):
        played(ours(replace(CPU, offers=(offer({"CPU": 4.0}, usd=None),))), tasks(0, 1))


def test_shortages_are_the_same_for_every_policy_and_hang_on_the_seed() -> None:
    def short(weather: Weather) -> list[bool]:
        return [weather.is_short("four", Market.SPOT, hour * 3600) for hour in range(100)]

    assert short(STORM) == short(replace(STORM))
    assert short(STORM) != short(replace(STORM, seed=2))
    assert not any(STORM.is_short("four", Market.ON_DEMAND, hour * 3600) for hour in range(100))


ARRIVALS = st.lists(
    st.one_of(
        st.builds(
            tasks,
            st.integers(0, DAY),
            st.integers(1, 60),
            seconds=st.integers(1, 5000),
            CPU=st.sampled_from([0.5, 1.0, 3.0]),
        ),
        st.builds(gang, st.sampled_from(list(Strategy)), at=st.integers(0, DAY)),
        st.builds(tasks, st.integers(0, DAY), st.integers(1, 5), GPU=st.just(1.0)),
    ),
    max_size=12,
)


def _policies() -> Sequence[Policy]:
    spare = replace(BOTH_MARKETS, warm_spare=1)
    return [ours(BOTH_MARKETS, GPU), ours(spare, GPU), rays(BOTH_MARKETS, GPU)]


@settings(deadline=None, max_examples=10)
@given(arrivals=ARRIVALS, seed=st.integers(0, 5))
def test_laws(arrivals: list[Arrival], seed: int) -> None:
    weather = replace(STORM, seed=seed)
    expected = sum(one.count for one in arrivals if one.at < DAY)
    for policy, again in zip(_policies(), _policies(), strict=True):
        outcome = played(policy, *arrivals, weather=weather)
        assert outcome.arrived == expected == outcome.finished + outcome.unfinished
        assert sum(outcome.waits.values()) == expected
        assert all(seconds >= 0 for seconds in outcome.waits)
        total = sum(price * s for (_, _, price), s in outcome.node_seconds.items())
        assert outcome.usd == Decimal(total) / 3600
        for name, amount in outcome.held.items():
            assert 0 <= amount <= outcome.rented[name]
        assert played(again, *arrivals, weather=weather) == outcome


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_made_up_week_is_the_same_for_the_same_seed(name: str) -> None:
    week = made(name, seed=3)
    assert week == made(name, seed=3)
    assert week != made(name, seed=4)
    assert made(name, seed=3, days=2) == tuple(one for one in week if one.at < 2 * DAY)
    tuesday = [replace(one, at=one.at - DAY) for one in week if DAY <= one.at < 2 * DAY]
    assert made(name, seed=3, days=1, first=1) == tuple(tuesday)
    assert all(one.at >= 0 for one in made(name, seed=3, first=-3))
    assert [one.at for one in week] == sorted(one.at for one in week)


def test_both_policies_see_the_same_arrivals_and_finish_them() -> None:
    week = made("bursts", seed=2, days=1, size=0.1)
    expected = sum(one.count for one in week if one.at < DAY)
    big = group("big", {"CPU": 16.0, "memory": 64 * 2.0**30}, hourly_usd="0.8")
    gpu = group("gpu", {"CPU": 4.0, "GPU": 1.0, "memory": 16 * 2.0**30}, hourly_usd="1")
    for policy in (ours(big, gpu), rays(big, gpu)):
        outcome = played(policy, *week)
        assert (outcome.arrived, outcome.finished) == (expected, expected)
