"""Moving work to fewer or cheaper nodes: what is proposed, what is not and why, and what holds."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.configuration.spec import ConsolidationMode
from domain.demand import Demand
from domain.offerings import Market
from domain.planner import NodeView, PlannedGroup, PlanRequest
from domain.planner.consolidation.proposals import (
    MOST_NODES,
    Findings,
    Proposal,
    consolidation,
)
from domain.planner.consolidation.trial import used
from domain.planner.model import Work
from tests.domain.planning import PENDING, group, node, offer, request, shape

ACT = ConsolidationMode.ACT
SMALL = offer({"CPU": 2.0}, usd="0.1", kind="small")
LARGE = offer({"CPU": 8.0}, usd="0.4", kind="large")
CPU = group("cpu", {"CPU": 8.0}, hourly_usd="0.4")
BOTH = group("cpu", offers=(LARGE, SMALL))
PG = "0123456789abcdef0123456789abcdef"


def busy(name: str, cpus: float, *, of: PlannedGroup = CPU, **fields: object) -> NodeView:
    """A node on which tasks hold so many CPUs."""
    rented = fields.pop("rented", of.offers[0])
    free = {"CPU": rented.resources["CPU"] - cpus}  # type: ignore[attr-defined]
    work = fields.pop("work", Work(tasks=int(cpus)))
    return node(name, of, free=free, rented=rented, work=work, **fields)  # type: ignore[arg-type]


def found(of: PlanRequest, mode: ConsolidationMode = ACT, *, most: int = MOST_NODES) -> Findings:
    return consolidation(of, modes={one.name: mode for one in of.groups}, most=most)


def proposed(of: PlanRequest, *, most: int = MOST_NODES) -> Proposal:
    answer = found(of, most=most)
    assert answer.proposal is not None, answer.stays
    return answer.proposal


def test_a_node_whose_work_fits_on_the_others_goes() -> None:
    proposal = proposed(request(CPU, nodes=(busy("n-1", 6), busy("n-2", 1))))
    assert (proposal.nodes, proposal.launch) == (("n-2",), None)
    assert proposal.savings_usd == Decimal("0.4")
    assert proposal.sentence == (
        "n-2 can be removed: its work fits on the other nodes, $0.40/h less; "
        "score 2.25 >= threshold 0.50 (k: 2, savings 50.0%, disruption 22.2%)."
    )


def test_several_nodes_go_for_one_cheaper_node() -> None:
    huge = offer({"CPU": 16.0}, usd="0.5", kind="huge")
    cpu = group("cpu", offers=(LARGE, huge))
    nodes = tuple(busy(f"n-{i}", 5, of=cpu) for i in range(3))
    proposal = proposed(request(cpu, nodes=nodes))
    assert proposal.nodes == ("n-0", "n-1", "n-2")
    assert proposal.launch is not None
    assert (proposal.launch.instance_type, proposal.launch.count) == ("huge", 1)
    assert proposal.savings_usd == Decimal("0.7")
    assert "one new huge of group cpu fits their work" in proposal.sentence


def test_a_large_node_with_little_work_becomes_a_small_one() -> None:
    proposal = proposed(request(BOTH, nodes=(busy("n-1", 2, of=BOTH), busy("n-2", 8, of=BOTH))))
    assert proposal.nodes == ("n-1",)
    assert proposal.launch is not None
    assert proposal.launch.instance_type == "small"


def test_a_small_gain_for_much_disruption_is_refused_with_the_numbers() -> None:
    other = offer({"CPU": 8.0}, usd="0.36", kind="other")
    cpu = group("cpu", offers=(LARGE, other))
    nodes = (busy("n-1", 8, of=cpu), busy("n-2", 8, of=cpu))
    stays = found(request(cpu, nodes=nodes)).stays
    assert stays["n-1"] == (
        "n-1 stays: score 0.10 < threshold 0.50 (k: 2, savings 5.0%, disruption 50.0%)."
    )


@pytest.mark.parametrize(
    ("why", "nodes", "of"),
    [
        (
            "it needs 2 new nodes; at most one is allowed",
            (busy("n-1", 2, of=BOTH),),
            replace(BOTH, min_nodes=2),
        ),
        (
            "its work fits neither on the other nodes nor on one cheaper node",
            (busy("n-1", 8),),
            CPU,
        ),
        ("it is idle and terminates after 60 s", (node("n-1", CPU, idle=5),), CPU),
        ("it has been up for less than 60 s", (busy("n-1", 1, age=59),), CPU),
        ("Ray has not reported its resources", (replace(busy("n-1", 1), total={}),), CPU),
    ],
)
def test_a_node_that_stays_has_its_reason(
    why: str, nodes: tuple[NodeView, ...], of: PlannedGroup
) -> None:
    answer = found(request(of, nodes=nodes))
    assert answer.proposal is None
    assert answer.stays["n-1"] == f"n-1 stays: {why}."


def test_nothing_goes_where_consolidation_or_autoscaling_is_off_or_nodes_come() -> None:
    nodes = (busy("n-1", 6), busy("n-2", 1))
    assert "is off" in found(request(CPU, nodes=nodes), ConsolidationMode.OFF).stays["n-2"]
    assert "autoscaling is off" in found(request(CPU, nodes=nodes, autoscaling=False)).stays["n-1"]
    coming = (*nodes, node("n-3", CPU, phase=PENDING))
    assert "are starting" in found(request(CPU, nodes=coming)).stays["n-2"]
    unpriced = group("cpu", {"CPU": 8.0}, hourly_usd=None)
    assert "known price" in found(request(unpriced, nodes=(busy("n-1", 1),))).stays["n-1"]


def test_a_budget_bounds_how_many_go_together() -> None:
    nodes = (busy("n-0", 1), *(busy(f"n-{i}", 1) for i in range(1, 6)))
    assert len(proposed(request(CPU, nodes=nodes)).nodes) == 5
    assert len(proposed(request(CPU, nodes=nodes), most=2).nodes) == 2
    assert "blocked by a disruption budget" in found(request(CPU, nodes=nodes), most=0).stays["n-1"]


def test_a_minimum_is_kept_by_a_cheaper_node_only() -> None:
    nodes = (busy("n-1", 6), busy("n-2", 1))
    assert found(request(replace(CPU, min_nodes=2), nodes=nodes)).proposal is None
    both = replace(BOTH, min_nodes=2)
    proposal = proposed(request(both, nodes=(busy("n-1", 8, of=both), busy("n-2", 1, of=both))))
    assert proposal.launch is not None
    assert proposal.launch.instance_type == "small"


def test_the_new_node_comes_first_so_it_needs_room() -> None:
    full = replace(BOTH, max_nodes=2)
    nodes = (busy("n-1", 8, of=full), busy("n-2", 1, of=full))
    stays = found(request(full, nodes=nodes)).stays
    assert "must launch first, but group cpu is at its maximum of 2" in stays["n-2"]


def test_where_spot_is_allowed_the_new_node_is_spot() -> None:
    spot = replace(SMALL, market=Market.SPOT, hourly_usd=Decimal("0.03"))
    mixed = group("cpu", offers=(LARGE, spot, SMALL))
    nodes = (busy("n-1", 8, of=mixed), busy("n-2", 1, of=mixed))
    proposal = proposed(request(mixed, nodes=nodes))
    assert proposal.launch is not None
    assert proposal.launch.market is Market.SPOT
    cold = group("cpu", offers=(LARGE, replace(spot, cooling="sold out"), SMALL))
    assert "would not be spot" in found(request(cold, nodes=nodes)).stays["n-2"]


def test_a_node_is_not_changed_for_its_own_type_on_spot() -> None:
    spot = replace(LARGE, market=Market.SPOT, hourly_usd=Decimal("0.1"))
    mixed = group("cpu", offers=(spot, LARGE))
    nodes = (busy("n-1", 6, of=mixed, rented=LARGE),)
    assert "differ only in market" in found(request(mixed, nodes=nodes)).stays["n-1"]


def test_bundles_of_one_placement_group_stay_apart() -> None:
    def with_bundle(one: NodeView, number: int) -> NodeView:
        names = {f"bundle_group_{number}_{PG}": 1000.0, f"CPU_group_{number}_{PG}": 1.0}
        return replace(one, total=one.total | names, free=one.free | names)  # type: ignore[operator]

    first, second = with_bundle(busy("n-1", 1), 0), with_bundle(busy("n-2", 1), 1)
    assert used(first) == {"CPU": 1}
    assert found(request(CPU, nodes=(first, second))).proposal is None
    assert proposed(request(CPU, nodes=(first, second, busy("n-3", 4)))).nodes in {
        ("n-1",), ("n-2",), ("n-3",),
    }  # fmt: skip
    on_head = request(
        CPU, nodes=(first,), head_free={"CPU": 8.0}, head_total={f"bundle_group_1_{PG}": 1000.0}
    )
    assert found(on_head).proposal is None


def test_work_stays_where_the_labels_are_that_it_may_have_asked_for() -> None:
    west = group("west", {"CPU": 8.0}, labels={"disk": "ssd"}, hourly_usd="0.4")
    nodes = (busy("n-1", 6, of=CPU), busy("n-2", 1, of=west))
    assert "neither on the other" in found(request(CPU, west, nodes=nodes)).stays["n-2"]
    assert proposed(request(CPU, nodes=(nodes[0], busy("n-2", 1)))).nodes == ("n-2",)


def test_work_does_not_move_to_a_node_that_goes_by_itself() -> None:
    nodes = (busy("n-1", 1), node("n-2", CPU, idle=5))
    assert found(request(CPU, nodes=nodes)).proposal is None
    kept = replace(CPU, min_nodes=2)
    assert found(request(kept, nodes=nodes)).proposal is None
    third = request(replace(CPU, min_nodes=1), nodes=(*nodes, busy("n-3", 1)))
    assert proposed(third).nodes in {("n-1",), ("n-3",)}


def test_an_idle_node_that_only_a_minimum_keeps_becomes_a_cheaper_one() -> None:
    both = replace(BOTH, min_nodes=1)
    proposal = proposed(request(both, nodes=(node("n-1", both, idle=500),)))
    assert (proposal.nodes, proposal.launch and proposal.launch.instance_type) == (
        ("n-1",),
        "small",
    )


def test_waiting_work_keeps_its_place() -> None:
    nodes = (busy("n-1", 6), busy("n-2", 1))
    demand = Demand(shapes=(shape(2, CPU=1),))
    full = replace(CPU, max_nodes=2)
    assert found(request(full, nodes=nodes, demand=demand)).proposal is None
