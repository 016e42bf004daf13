"""Very many placement groups: planned at once where it can be, and never for ever."""

from collections import Counter
from itertools import product
from random import Random

import pytest

from domain.demand import Bundle, Demand, Gang, Strategy
from domain.planner import plan
from domain.planner.gangs.one_by_one import one_by_one
from domain.planner.gangs.rows import MOST_APART, rows_of
from domain.planner.gangs.waiting import WaitingGangs
from domain.planner.packing import Packing
from tests.domain.planning import group, request

BIG = group("big", {"CPU": 16.0, "memory": 64.0}, most=100_000)


def different(count: int, *, strategy: Strategy, bundles: int = 10) -> tuple[Gang, ...]:
    random = Random(f"{strategy}/{count}")  # noqa: S311 - nothing secret
    return tuple(
        Gang(
            strategy=strategy,
            bundles=tuple(
                Bundle(
                    resources={
                        "CPU": random.randint(1, 16) / 2,
                        "memory": float(random.randint(1, 32)),
                    }
                )
                for _ in range(bundles)
            ),
        )
        for _ in range(count)
    )


@pytest.mark.parametrize("strategy", Strategy)
def test_a_thousand_different_groups_are_planned(strategy: Strategy) -> None:
    gangs = different(1_000, strategy=strategy, bundles=10 if strategy != "STRICT_PACK" else 2)
    answer = plan(request(BIG, demand=Demand(gangs=gangs)))
    assert not answer.unserved
    # Nodes hold what lies apart on different ones, so as much as anywhere else.
    cpus = sum(bundle.resources["CPU"] for gang in gangs for bundle in gang.bundles)
    memory = sum(bundle.resources["memory"] for gang in gangs for bundle in gang.bundles)
    least = max(cpus / 16, memory / 64)
    assert sum(launch.count for launch in answer.launches) <= 1.25 * least


def test_what_there_is_no_time_for_waits_for_the_next_pass() -> None:
    few = group("few", {"CPU": 16.0, "memory": 64.0}, most=300)
    gangs = different(1_000, strategy=Strategy.PACK)
    answer = plan(request(few, demand=Demand(gangs=gangs)))
    assert answer == plan(request(few, demand=Demand(gangs=gangs)))
    assert answer.launches
    assert any(left.cause.undecided for left in answer.unserved)
    assert {left.reason for left in answer.unserved if left.cause.undecided} == {
        "PACK placement group: not planned yet, the next pass goes on with it"
    }


def test_the_budget_counts_work() -> None:
    base, waiting = packing_for(different(20, strategy=Strategy.SPREAD, bundles=3))
    bundles = [gang.bundles for gang in waiting.each]
    some = one_by_one(base, bundles, steps=30)
    assert some.undecided
    assert not some.left
    assert not one_by_one(base, bundles, steps=100_000).undecided


def test_many_different_groups_get_different_nodes_for_their_bundles() -> None:
    gangs = different(MOST_APART + 20, strategy=Strategy.STRICT_SPREAD, bundles=4)
    answer = plan(request(BIG, demand=Demand(gangs=gangs)))
    assert not answer.unserved
    placed = Counter[tuple[tuple[str, float], ...]]()
    for launch in answer.launches:
        for pack in launch.packs:
            assert sum(shape.count for shape in pack.shapes) <= len(gangs)
            for shape in pack.shapes:
                placed[tuple(sorted(shape.resources.items()))] += shape.count * pack.count
    wanted = Counter(tuple(sorted(b.resources.items())) for gang in gangs for b in gang.bundles)
    assert all(placed[key] >= count for key, count in wanted.items())


def test_groups_of_one_shape_share_a_row_where_no_node_holds_too_many() -> None:
    bundle = Bundle(resources={"CPU": 8.0})
    gangs = [
        Gang(strategy=Strategy.STRICT_SPREAD, bundles=(bundle,) * size)
        for size, _ in product((2, 3, 4), range(4))
    ]
    _, waiting = packing_for(tuple(gangs))
    assert len(rows_of((), waiting.forms, [{"CPU": 160_000}])) == 1
    assert len(rows_of((), waiting.forms, [{"CPU": 16_000_000}])) == 3


def packing_for(gangs: tuple[Gang, ...]) -> tuple[Packing, WaitingGangs]:
    from domain.planner.candidates import candidates
    from domain.planner.limits import Limits

    asked = request(BIG)
    machines = candidates(asked)
    base = Packing(candidates=machines, runs=[], limits=Limits(asked, kept=()), by_price=True)
    return base, WaitingGangs.of(gangs, machines)
