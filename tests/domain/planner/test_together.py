"""All needs at once: placement groups share nodes, many shapes are planned together."""

from domain.demand import Demand, Gang, Strategy, plain_bundles
from domain.planner import PlanRequest, plan
from tests.domain.planning import carried_out, group, request, shape, sizes


def test_equal_placement_groups_that_spread_share_nodes_but_never_their_own() -> None:
    three = Gang(strategy=Strategy.STRICT_SPREAD, bundles=plain_bundles([{"CPU": 1.0}] * 3))
    answer = plan(request(group("big", {"CPU": 8.0}), demand=Demand(gangs=(three, three))))
    assert sizes(answer) == {"big": 3}
    held = [s.count for launch in answer.launches for pack in launch.packs for s in pack.shapes]
    assert max(held) <= 2


def test_a_placement_group_that_does_not_fit_whole_takes_nothing_from_others() -> None:
    pair = Gang(strategy=Strategy.PACK, bundles=plain_bundles([{"CPU": 2.0}] * 3))
    few = group(most=2)
    answer = plan(request(few, demand=Demand(shapes=(shape(2, CPU=2),), gangs=(pair,))))
    assert sizes(answer) == {"cpu": 2}
    assert sum(left.count for left in answer.unserved) == 3


def test_many_different_shapes_are_planned_at_once() -> None:
    shapes = tuple(shape(2, CPU=1 + i / 8, memory=2.0**28 * (1 + i % 7)) for i in range(80))
    big = group("big", {"CPU": 64.0, "memory": 2.0**36}, most=100)
    asked: PlanRequest = request(big, demand=Demand(shapes=shapes))
    answer = plan(asked)
    assert not answer.unserved
    assert plan(carried_out(answer, asked)).is_empty
