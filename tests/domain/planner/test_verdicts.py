"""What each group makes of a line of demand, and what a plan comes to, in words."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.demand import Demand, Gang, LabelSelector, Shape, Strategy, plain_bundles
from domain.demand.text import demand_from_text, text_of
from domain.offerings import Market
from domain.planner import PlannedGroup, PlanRequest, plan
from domain.planner.explanation.causes import Machine
from domain.planner.verdicts import (
    DemandLine,
    Fit,
    GroupVerdict,
    explained,
    more_usd,
    outcome,
)
from tests.domain.planning import group, node, offer, request, shape

GIB = 2**30
ZONE_A = LabelSelector(key="zone", operator="in", values=("a",))


def verdict(asked: PlanRequest) -> GroupVerdict:
    (line,) = explained(asked)
    (one,) = line.verdicts
    return one


def of_shape(one: PlannedGroup, *selectors: LabelSelector, **resources: float) -> GroupVerdict:
    return verdict(request(one, demand=Demand(shapes=(shape(1, *selectors, **resources),))))


def test_what_fits_says_how_many_on_which_node_and_how_many_nodes() -> None:
    one = group("cpu", {"CPU": 4.0}, most=3)
    found = of_shape(one, CPU=2.0)
    machine = Machine(instance_type="4CPU", market=Market.ON_DEMAND, zone="")
    assert found == GroupVerdict(group="cpu", verdict=Fit(machine=machine, times=2, nodes=3))
    assert found.words == "fits: 2 of it on one node of 4CPU, 3 more nodes possible"


@pytest.mark.parametrize(
    ("one", "selectors", "resources", "why"),
    [
        (group(most=0), (), {"CPU": 1.0}, "at its maximum of 0"),
        (group(), (), {"CPU": 4.0}, "the largest node has {CPU: 2}"),
        (group(), (), {"GPU": 1.0}, "no GPU"),
        (group(), (ZONE_A,), {"CPU": 1.0}, "no label zone in (a)"),
        (group(cooling="stopped"), (), {"CPU": 1.0}, "cannot scale out now: stopped"),
        (
            group(offers=(offer({"CPU": 2.0}, cooling="cooling down until 12:05"),)),
            (),
            {"CPU": 1.0},
            "2CPU: cooling down until 12:05",
        ),
        (group(offers=()).__class__(name="x", offers=(), min_nodes=0, max_nodes=1,
                                    idle_seconds=60), (), {"CPU": 1.0},
         "no machine available"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_why(
    one: PlannedGroup, selectors: tuple[LabelSelector, ...], resources: dict[str, float], why: str
) -> None:
    found = of_shape(one, *selectors, **resources)
    assert (found.fits, found.words) == (False, why)


def test_a_cap_on_the_price_is_named() -> None:
    waiting = Demand(shapes=(shape(1, CPU=1.0),))
    found = verdict(request(group(), demand=waiting, max_usd_per_hour=Decimal("0.05")))
    assert found.words == "one more 2CPU would exceed the cap of $0.05/h"


def test_nodes_that_are_there_take_room() -> None:
    one = group(most=2)
    waiting = Demand(shapes=(shape(1, CPU=1.0),))
    found = verdict(request(one, nodes=(node("n", one),), demand=waiting))
    assert found.words.endswith("1 more node possible")


def test_an_open_market_is_taken_before_one_that_cools_down() -> None:
    cold = offer({"CPU": 2.0}, usd="0.01", kind="spot", cooling="cooling down until 12:05")
    found = of_shape(group(offers=(cold, offer({"CPU": 2.0}, kind="dear"))), CPU=1.0)
    assert found.fits
    assert "on one node of dear" in found.words


def test_groups_that_fit_come_first_and_gangs_are_counted() -> None:
    spread = Gang(strategy=Strategy.STRICT_SPREAD, bundles=plain_bundles([{"CPU": 2.0}] * 2))
    pack = Gang(strategy=Strategy.STRICT_PACK, bundles=plain_bundles([{"CPU": 2.0}] * 2))
    demand = Demand(
        gangs=(spread, spread, pack), standing_requests=(Shape(resources={"CPU": 1.0}, count=3),)
    )
    found = list(explained(request(group("a"), group("b", {"CPU": 8.0}), demand=demand)))
    assert [(line.shape, line.count, line.kind) for line in found] == [
        ("2 × {CPU: 2}", 2, "STRICT_SPREAD placement group"),
        ("2 × {CPU: 2}", 1, "STRICT_PACK placement group"),
        ("{CPU: 1}", 3, "standing request"),
    ]
    assert [one.group for one in found[1].verdicts] == ["b", "a"]
    assert found[0].verdicts[1].words.startswith("fits: 1 of it on one node")
    assert found[1].verdicts[1].words == "the largest node has {CPU: 2}"


def test_equal_verdicts_are_listed_once() -> None:
    demand = Demand(shapes=(shape(1, GPU=1.0),))
    groups = [group(name) for name in "abcde"]
    (line,) = explained(request(*groups, group("gpu", {"GPU": 1.0, "CPU": 1.0}), demand=demand))
    assert [groups for groups, _ in line.distinct] == ["gpu", "a, b, c and 2 more groups"]
    (few,) = explained(request(*groups[:4], demand=demand))
    assert [groups for groups, _ in few.distinct] == ["a, b, c, d"]


def test_work_that_asks_for_nothing_fits_any_number_of_times() -> None:
    assert "any number of it" in of_shape(group()).words


def test_the_verdict_fits_what_the_plan_does() -> None:
    demand = Demand(shapes=(shape(30, CPU=2.0), shape(1, GPU=1.0)))
    asked = request(group("a", most=3), demand=demand)
    found: list[DemandLine] = list(explained(asked))
    answer = plan(asked)
    assert [line.verdicts[0].fits for line in found] == [True, False]
    assert {tuple(item.resources) for item in answer.unserved} == {("CPU",), ("GPU",)}


def test_the_price_of_a_plan_is_that_of_its_launches() -> None:
    demand = Demand(shapes=(shape(4, CPU=2.0),))
    answer = plan(request(group(most=3, hourly_usd="0.40"), demand=demand))
    assert more_usd(answer) == Decimal("1.20")
    assert outcome(answer) == "3 more nodes: $1.20 an hour more. 1 would stay pending."


def test_a_price_that_nobody_knows_is_not_0() -> None:
    answer = plan(request(group(hourly_usd=None), demand=Demand(shapes=(shape(1, CPU=1.0),))))
    assert more_usd(answer) is None
    assert outcome(answer) == "1 more node; what it costs is unknown."


def test_a_plan_of_nothing_says_so() -> None:
    assert outcome(plan(request(group()))).startswith("Nothing to launch")


@pytest.mark.parametrize(
    "text",
    [
        "4 x CPU:2,memory:8GiB",
        "4 × {CPU: 2, memory: 8 GiB}",
        "4*CPU=2, memory=8Gi  # as pages and people write it",
        '{"shapes": [{"resources": {"CPU": 2, "memory": 8589934592}, "count": 4}]}',
    ],
)
def test_demand_is_read_as_json_and_as_lines(text: str) -> None:
    shapes = (Shape(resources={"CPU": 2.0, "memory": 8.0 * GIB}, count=4),)
    assert demand_from_text(text) == Demand(shapes=shapes)


def test_lines_hold_placement_groups_too_and_can_be_read_again() -> None:
    text = "{CPU: 1}\n\nSTRICT_SPREAD 3 x GPU:1"
    found = demand_from_text(text)
    gang = Gang(strategy=Strategy.STRICT_SPREAD, bundles=plain_bundles([{"GPU": 1.0}] * 3))
    assert found == Demand(shapes=(Shape(resources={"CPU": 1.0}, count=1),), gangs=(gang,))
    assert text_of(found, longest=100) == "1 x CPU:1\nSTRICT_SPREAD 3 x GPU:1"
    assert text_of(found, longest=20) == "1 x CPU:1"
    assert demand_from_text(text_of(found, longest=100)) == found


def test_what_lines_cannot_say_is_written_as_json() -> None:
    labelled = Demand(shapes=(shape(1, ZONE_A, CPU=1.0),), standing_requests=(shape(2, CPU=2.0),))
    gang = Gang(strategy=Strategy.PACK, bundles=plain_bundles([{"CPU": 1.0}, {"CPU": 2.0}]))
    for demand in (labelled, Demand(gangs=(gang,))):
        assert text_of(demand, longest=1000).startswith("{")
        assert demand_from_text(text_of(demand, longest=1000)) == demand


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
    | st.sampled_from(["CPU", "in", "PACK", "STRICT_SPREAD"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)  # fmt: skip
_SELECTORS = st.fixed_dictionaries(
    {"key": _VALUES, "values": st.lists(_VALUES, max_size=2)}, optional={"operator": _VALUES}
)
_RESOURCES = st.dictionaries(st.text(max_size=3), st.integers() | st.floats(), max_size=2)
_SHAPES = st.lists(
    st.fixed_dictionaries(
        {"resources": _RESOURCES, "count": st.integers(1, 99)},
        optional={"selectors": st.lists(_SELECTORS, max_size=2)},
    )
    | _VALUES,
    max_size=2,
)
_GANGS = st.lists(
    st.fixed_dictionaries({"strategy": _VALUES, "bundles": st.lists(_RESOURCES, max_size=3)})
    | _VALUES,
    max_size=2,
)
_REPORTS = st.fixed_dictionaries(
    {}, optional={"shapes": _SHAPES | _VALUES, "gangs": _GANGS, "standing_requests": _SHAPES}
)


@given(
    st.text(alphabet='{}[]":,.x×* #\nCPUmemory0129GiBSTRICT_PACK=\ud800\0')
    | _REPORTS.map(json.dumps)
)
def test_any_text_is_a_demand_that_can_be_planned_or_a_sentence(text: str) -> None:
    try:
        demand = demand_from_text(text)
    except ValueError:
        return
    asked = request(group(most=3), demand=demand)
    said = [line.shape for line in explained(asked)] + [outcome(plan(asked))]
    " ".join(said).encode()  # a page can show it
    text_of(demand, longest=100).encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Enter at least one line of demand, such as 4 x CPU:2, memory:8GiB."),
        ("# nothing", "Enter at least one line of demand"),
        ("CPU:1\n4 x CPU", "Line 2: 'CPU' has no amount: write it as CPU:2."),
        ("4 x CPU:two", "Line 1: CPU is 'two', which is not a number: write it as CPU:2."),
        ("4 x memory:8GB", "Line 1: memory: 8GB is not a quantity: write 8Gi or 8G."),
        ("0 x CPU:1", "Line 1: the count is 0: write a number from 1 to 1,000,000."),
        ("2000000 x CPU:1", "the count is 2000000"),
        ("CPU:0", "Line 1: CPU is 0: remove it"),
        ("CPU:1, CPU:2", "Line 1: CPU is given twice"),
        ("SPREAD 2000 x CPU:1", "Line 1: 2,000 bundles are too many: use at most 1,000."),
        ('{"shapes": [}', "Line 1: not valid JSON"),
        ('{"shapes": 3}', "The JSON is not valid demand"),
        ('{"shapes": [{"resources": {"CPU": "a"}, "count": 1}]}', "The JSON is not valid demand"),
        ('{"shapes": [{"resources": {"CPU": NaN}, "count": 1}]}', "NaN is not a number"),
        ('{"shapes": [{"resources": {"CPU": 1}, "count": -1}]}', "the count is -1"),
        ("[]", 'The JSON must be an object with "shapes"'),
        ('{"tasks": 3}', 'The JSON must be an object with "shapes"'),
        ("[" * 1900, "JSON"),
        ('{"a":' * 390, "JSON"),
        ("x" * 2000, "has no amount"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_the_line_and_the_way_out(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        demand_from_text(text)
