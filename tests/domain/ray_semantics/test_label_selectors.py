"""Ray's label selectors: which nodes work accepts, wherever it waits."""

import json

import pytest

from domain.demand import Bundle, Demand, Gang, LabelSelector, Operator, Strategy
from domain.demand.text import demand_from_text
from domain.planner import plan
from tests.domain.planning import group, node, request, shape, sizes, why

L4 = group("l4", {"CPU": 8.0, "GPU": 1.0}, labels={"accelerator": "L4"}, hourly_usd="1")
H100 = group("h100", {"CPU": 8.0, "GPU": 1.0}, labels={"accelerator": "H100"}, hourly_usd="5")
PLAIN = group("plain", {"CPU": 8.0}, labels={}, hourly_usd="0.3")


def accelerator(operator: Operator, *values: str) -> LabelSelector:
    return LabelSelector(key="accelerator", operator=operator, values=values)


IN_H100 = accelerator(Operator.IN, "H100")


@pytest.mark.parametrize(
    ("selector", "launched"),
    [
        (accelerator(Operator.IN, "H100", "B200"), "h100"),
        (accelerator(Operator.NOT_IN, "L4"), "plain"),
        (accelerator(Operator.EXISTS), "l4"),
        (accelerator(Operator.DOES_NOT_EXIST), "plain"),
    ],
)
def test_a_task_starts_only_a_node_that_its_selector_accepts(
    selector: LabelSelector, launched: str
) -> None:
    demand = Demand(shapes=(shape(1, selector, CPU=1.0),))
    assert sizes(plan(request(L4, H100, PLAIN, demand=demand))) == {launched: 1}


@pytest.mark.parametrize("strategy", Strategy)
def test_bundles_that_need_one_accelerator_never_get_another(strategy: Strategy) -> None:
    bundle = Bundle(resources={"GPU": 0.5}, selectors=(IN_H100,))
    demand = Demand(gangs=(Gang(strategy=strategy, bundles=(bundle, bundle)),))
    assert sizes(plan(request(L4, H100, demand=demand))).keys() == {"h100"}


@pytest.mark.parametrize("strategy", Strategy)
def test_a_placement_group_whose_label_nobody_has_starts_nothing_and_says_so(
    strategy: Strategy,
) -> None:
    bundles = (Bundle(resources={"CPU": 1.0}), Bundle(resources={"CPU": 1.0}, selectors=(IN_H100,)))
    demand = Demand(gangs=(Gang(strategy=strategy, bundles=bundles),))
    answer = plan(request(L4, PLAIN, demand=demand))
    assert answer.is_empty
    assert any("accelerator in (H100)" in reason for reason in why(answer))
    assert not any("maximum" in reason for reason in why(answer))


def test_one_node_for_a_strict_pack_is_accepted_by_every_bundle() -> None:
    both = group("both", {"CPU": 8.0}, labels={"accelerator": "H100", "zone": "b"})
    bundles = (
        Bundle(resources={"CPU": 1.0}, selectors=(IN_H100,)),
        Bundle(resources={"CPU": 1.0}, selectors=(LabelSelector(key="zone", values=("b",)),)),
    )
    demand = Demand(gangs=(Gang(strategy=Strategy.STRICT_PACK, bundles=bundles),))
    assert sizes(plan(request(H100, PLAIN, both, demand=demand))) == {"both": 1}


def test_a_standing_request_keeps_a_node_with_its_labels() -> None:
    demand = Demand(standing_requests=(shape(2, IN_H100, GPU=1.0),))
    assert sizes(plan(request(L4, H100, demand=demand))) == {"h100": 2}


def test_a_label_beside_the_wrong_resources_is_said() -> None:
    cpu = group("cpu", {"CPU": 8.0}, labels={"zone": "a"})
    zone = LabelSelector(key="zone", values=("a",))
    answer = plan(request(cpu, L4, demand=Demand(shapes=(shape(1, zone, GPU=1.0),))))
    assert why(answer) == ["no group with these resources has labels with zone in (a)"]


def test_the_head_has_labels_too() -> None:
    on_head = LabelSelector(key="ray.io/node-group", values=("head",))
    demand = Demand(shapes=(shape(1, on_head, CPU=1.0),))
    answer = plan(
        request(
            PLAIN,
            demand=demand,
            head_free={"CPU": 2.0},
            head_labels={"ray.io/node-group": "head"},
        )
    )
    assert answer.is_empty
    assert not answer.unserved


def test_work_does_not_use_a_free_node_that_it_does_not_accept() -> None:
    demand = Demand(shapes=(shape(1, IN_H100, GPU=1.0),))
    assert sizes(plan(request(L4, H100, nodes=(node("n-1", L4),), demand=demand))) == {"h100": 1}


@pytest.mark.parametrize(
    ("written", "operator", "values"),
    [
        ("H100", "in", ("H100",)),
        ("!H100", "not in", ("H100",)),
        ("in(H100,B200)", "in", ("H100", "B200")),
        ("!in(H100,B200)", "not in", ("H100", "B200")),
        ("exists()", "exists", ()),
        ("!exists()", "does not exist", ()),
    ],
)
def test_selectors_are_read_as_rays_own_code_has_them(
    written: str, operator: str, values: tuple[str, ...]
) -> None:
    item = {"resources": {"CPU": 1}, "count": 1, "selectors": {"accelerator": written}}
    (read,) = demand_from_text(json.dumps({"shapes": [item]})).shapes
    assert read.selectors == (LabelSelector(key="accelerator", operator=operator, values=values),)


def test_several_expressions_of_one_label_all_hold() -> None:
    selectors = {"slice": "exists(),!in(a,b)"}
    item = {"resources": {"CPU": 1}, "count": 1, "selectors": selectors}
    (read,) = demand_from_text(json.dumps({"shapes": [item]})).shapes
    assert [s.words for s in read.selectors] == ["slice set", "slice not in (a, b)"]
