"""The hosts of a TPU slice come and go together; worker 0 has a resource of its own."""

from decimal import Decimal

import pytest

from domain.catalogue.region import ANYWHERE
from domain.demand import Demand, Gang, Resources, Shape, Strategy, plain_bundles
from domain.planner import NodeView, Offer, Plan, PlannedGroup, plan
from domain.planner.model import NodePhase
from domain.planner.nodes.slices import SLICE_NAME
from domain.planner.request.from_spec import request_from_spec
from domain.yaml.text import parse
from tests.domain.planning import PENDING, READY, carried_out, group, node, request, shape

HEAD = "TPU-v6e-16-head"
TASK: Resources = {"TPU": 4}
LEADER: Resources = {"TPU": 4, HEAD: 1}

CONFIGURATION = """
head_node: {required_resources: {CPU: 8, memory: 40G}}
worker_nodes:
  - name: v6e
    required_resources: {CPU: 24, memory: 200G, TPU: 4, tpu_hosts: 4}
    required_labels: {ray.io/accelerator-type: TPU-V6E, ray.io/tpu-topology: 4x4}
    min_nodes: MINIMUM
    max_nodes: 2
"""


def slices(*, most: int = 2, least: int = 0, name: str = "tpu", **fields: object) -> PlannedGroup:
    offer = Offer(
        instance_type="ct6e",
        resources={"CPU": 24.0, "TPU": 4.0},
        hourly_usd=Decimal(3),
        hosts=4,
        first_host={HEAD: 1.0},
        labels={"pool": "tpu"},
    )
    return group(name, offers=(offer,), least=least * 4, most=most * 4, **fields)


def hosts(
    count: int, *, idle: float | None = None, phase: NodePhase = READY, **fields: object
) -> tuple[NodeView, ...]:
    return tuple(
        node(f"n-{number}", slices(), phase=phase, idle=idle, **fields)
        for number in range(1, count + 1)
    )


def planned(
    *shapes: tuple[int, Resources],
    of: PlannedGroup | None = None,
    nodes: tuple[NodeView, ...] = (),
    **fields: object,
) -> Plan:
    demand = Demand(shapes=tuple(Shape(resources=what, count=n) for n, what in shapes))
    return plan(request(of or slices(), nodes=nodes, demand=demand, **fields))


def launched(answer: Plan) -> int:
    return sum(launch.count for launch in answer.launches)


@pytest.mark.parametrize(
    ("demand", "nodes"),
    [
        ([(4, TASK)], 4),
        ([(1, TASK)], 4),
        ([(5, TASK)], 8),
        ([(1, LEADER)], 4),
        ([(1, LEADER), (3, TASK)], 4),
        ([(1, LEADER), (4, TASK)], 8),
        ([(2, LEADER)], 8),
        ([(1, {HEAD: 1}), (4, TASK)], 4),
        ([(1, {"CPU": 1})], 4),
    ],
)
def test_slices_are_launched_whole(demand: list[tuple[int, Resources]], nodes: int) -> None:
    answer = planned(*demand)
    assert (launched(answer), answer.unserved) == (nodes, ())


def test_a_launch_says_how_many_slices_it_is() -> None:
    (launch,) = planned((4, TASK)).launches
    assert launch.reason == (
        "1 slice of 4 nodes of ct6e for 4 × {TPU: 4}: the only machine that fits."
    )
    (launch,) = planned((8, TASK)).launches
    assert launch.reason.startswith("2 slices of 4 nodes of ct6e for 8 × {TPU: 4}")


def test_a_slice_costs_what_all_its_hosts_cost() -> None:
    assert planned((1, TASK)).hourly_usd == Decimal(12)


def test_a_slice_that_would_exceed_the_cap_is_not_launched() -> None:
    answer = planned((1, TASK), max_usd_per_hour=Decimal(11))
    assert (launched(answer), len(answer.unserved)) == (0, 1)


def test_a_maximum_counts_slices() -> None:
    (waiting,) = planned((9, TASK)).unserved
    assert (waiting.count, waiting.reason) == (1, "group tpu is at its maximum of 2 slices")


def test_a_minimum_is_kept_in_whole_slices() -> None:
    (launch,) = planned(of=slices(least=1)).launches
    assert (launch.count, launch.reason) == (
        4,
        "1 slice of 4 nodes of ct6e: group tpu is kept at 4 or more.",
    )
    assert launched(planned(of=slices(least=1), nodes=hosts(4, phase=PENDING))) == 0


def test_what_one_node_of_another_group_can_do_starts_no_slice() -> None:
    cpu = group("cpu", {"CPU": 24.0}, hourly_usd="5", most=1)
    demand = Demand(shapes=(shape(30, CPU=1),))
    counts = {
        launch.group: launch.count
        for launch in plan(request(cpu, slices(), demand=demand)).launches
    }
    assert counts == {"cpu": 1, "tpu": 4}


@pytest.mark.parametrize(("strategy", "bundles"), [(Strategy.STRICT_SPREAD, 4), (Strategy.PACK, 3)])
def test_a_placement_group_has_its_place_on_the_hosts_of_a_slice(
    strategy: Strategy, bundles: int
) -> None:
    gang = Gang(strategy=strategy, bundles=plain_bundles([TASK] * bundles))
    answer = plan(request(slices(), demand=Demand(gangs=(gang,))))
    assert (launched(answer), answer.unserved) == (4, ())


def test_only_the_first_host_of_a_starting_slice_has_the_resource_of_worker_0() -> None:
    there = hosts(4, phase=PENDING)
    assert launched(planned((1, LEADER), (3, TASK), nodes=there)) == 0
    assert launched(planned((2, {HEAD: 1}), nodes=there)) == 4


@pytest.mark.parametrize("demand", [[(4, TASK)], [(5, TASK)], [(1, LEADER), (3, TASK)]])
def test_a_plan_of_slices_is_followed_by_an_empty_one(
    demand: list[tuple[int, Resources]],
) -> None:
    shapes = tuple(Shape(resources=what, count=n) for n, what in demand)
    before = request(slices(), demand=Demand(shapes=shapes))
    assert plan(carried_out(plan(before), before)).is_empty


def test_an_idle_slice_goes_whole() -> None:
    answer = planned(nodes=hosts(8, idle=100))
    assert len(answer.drains) == 8


def test_a_slice_stays_while_one_of_its_hosts_works() -> None:
    busy, *idle = hosts(8, idle=100)
    working = node("n-1", slices(), free={"CPU": 24.0, "TPU": 0.0})
    assert busy.name == working.name
    answer = planned(nodes=(working, *idle))
    assert {drain.node for drain in answer.drains} == {"n-5", "n-6", "n-7", "n-8"}


def test_hosts_belong_together_by_the_name_of_their_slice() -> None:
    names = "abababab"
    working = {"n-1"}
    there = tuple(
        node(
            host.name,
            slices(),
            idle=None if host.name in working else 100,
            free={"CPU": 24.0, "TPU": 0.0} if host.name in working else None,
            labels={SLICE_NAME: name},
        )
        for host, name in zip(hosts(8), names, strict=True)
    )
    answer = planned(nodes=there)
    assert {drain.node for drain in answer.drains} == {"n-2", "n-4", "n-6", "n-8"}


def test_no_minimum_of_slices_is_cut_by_a_drain() -> None:
    assert len(planned(of=slices(least=1), nodes=hosts(8, idle=100)).drains) == 4


def test_above_the_maximum_whole_slices_go() -> None:
    answer = planned(of=slices(most=1), nodes=hosts(8))
    assert {drain.node for drain in answer.drains} == {"n-5", "n-6", "n-7", "n-8"}


def test_above_the_maximum_of_the_cluster_whole_slices_go() -> None:
    answer = planned(nodes=hosts(8), max_nodes=7)
    assert {drain.node for drain in answer.drains} == {"n-5", "n-6", "n-7", "n-8"}


@pytest.mark.parametrize(
    ("minimum", "demand", "nodes", "waiting"),
    [
        (0, [(4, TASK)], 4, 0),
        (0, [(5, TASK)], 8, 0),
        (0, [(9, TASK)], 8, 1),
        (0, [(1, {HEAD: 1}), (4, TASK)], 4, 0),
        (1, [], 4, 0),
        (1, [(4, TASK)], 4, 0),
    ],
)
def test_a_configuration_counts_slices_and_a_plan_their_hosts(
    minimum: int, demand: list[tuple[int, Resources]], nodes: int, waiting: int
) -> None:
    config = parse(CONFIGURATION.replace("MINIMUM", str(minimum))).config
    assert config is not None
    shapes = tuple(Shape(resources=what, count=n) for n, what in demand)
    answer = plan(request_from_spec(config, demand=Demand(shapes=shapes), target=ANYWHERE))
    assert (launched(answer), sum(item.count for item in answer.unserved)) == (nodes, waiting)
