"""The forms in which demand is read: an agent's report, old or new, and what people write."""

import json
from typing import Any

import pytest

from domain.demand import (
    Bundle,
    Demand,
    Gang,
    LabelSelector,
    Operator,
    Shape,
    Strategy,
    demand_from_report,
)
from domain.demand.report import report_of
from domain.demand.text import demand_from_text, text_of

ZONE = {"key": "zone", "operator": "in", "values": ["a"]}
IN_A = LabelSelector(key="zone", values=("a",))
SHAPE = {"resources": {"CPU": 1}, "count": 1}
FULL = Demand(
    shapes=(
        Shape(
            resources={"CPU": 1.0},
            count=2,
            selectors=(IN_A, LabelSelector(key="tier", operator="does not exist")),
            fallbacks=((LabelSelector(key="zone", operator="not in", values=("b", "c")),), ()),
        ),
    ),
    gangs=(
        Gang(
            strategy=Strategy.STRICT_SPREAD,
            id="ab12",
            bundles=(Bundle(resources={"GPU": 1.0}, selectors=(IN_A,), fallbacks=((),)),),
            fallbacks=((Bundle(resources={"GPU": 0.5}),),),
        ),
    ),
    standing_requests=(Shape(resources={"CPU": 8.0}, count=1, selectors=(IN_A,)),),
    inside_groups=(Shape(resources={"CPU_group_8d41365ee7ee8cfa2a1ccda8": 1.0}, count=1),),
)


def test_demand_is_read_back_from_its_text_whole() -> None:
    assert demand_from_text(text_of(FULL, longest=10_000)) == FULL


def test_demand_is_read_back_from_its_report_whole() -> None:
    assert demand_from_report(json.loads(json.dumps(report_of(FULL)))) == FULL


@pytest.mark.parametrize("operator", ["not_in", "not in", "!in", "NotIn"])
def test_every_spelling_of_an_operator_is_the_same(operator: str) -> None:
    item = {**SHAPE, "selectors": [{**ZONE, "operator": operator}]}
    (shape,) = demand_from_text(json.dumps({"shapes": [item]})).shapes
    assert shape.selectors[0].words == "zone not in (a)"


def test_an_older_agents_standing_requests_are_read() -> None:
    demand = demand_from_text(json.dumps({"floors": [SHAPE]}))
    assert demand.standing_requests == (Shape(resources={"CPU": 1.0}, count=1),)


@pytest.mark.parametrize(
    "gang",
    [
        {"bundles": [{"GPU": 1}], "selectors": [[ZONE]]},
        {"bundles": [{"GPU": 1}], "selectors": [{"zone": "in(a)"}]},
        {"bundles": [{"resources": {"GPU": 1}, "selectors": [ZONE]}]},
        {"bundles": [{"resources": {"GPU": 1}, "selectors": {"zone": "a"}}]},
    ],
)
def test_the_selectors_of_bundles_are_read_beside_them_or_in_them(gang: dict[str, Any]) -> None:
    (read,) = demand_from_text(json.dumps({"gangs": [gang]})).gangs
    assert read.bundles == (Bundle(resources={"GPU": 1.0}, selectors=(IN_A,)),)


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({"shapes": [{**SHAPE, "label_selector": {}}]}, 'shapes[0] has "label_selector", which is'),
        ({"shapes": [SHAPE, {**SHAPE, "Count": 2}]}, 'shapes[1] has "Count"'),
        ({"standing_requests": [{**SHAPE, "n": 1}]}, 'standing_requests[0] has "n"'),
        ({"gangs": [{"bundles": [], "label_selectors": []}]}, 'gangs[0] has "label_selectors"'),
        (
            {"gangs": [{"bundles": [{"resources": {"CPU": 1}, "zone": "a"}]}]},
            'gangs[0].bundles[0] has "zone", which is not known: use "resources", "selectors"',
        ),
        (
            {"shapes": [{**SHAPE, "selectors": [{**ZONE, "value": "a"}]}]},
            'shapes[0].selectors[0] has "value"',
        ),
        (
            {"shapes": [{**SHAPE, "selectors": [{**ZONE, "operator": "gt"}]}]},
            'has the operator \'gt\': use "in", "not in", "exists" or "does not exist"',
        ),
        (
            {"gangs": [{"bundles": [{"CPU": 1}] * 2, "selectors": [[ZONE]]}]},
            "gangs[0] has 1 lists of selectors for 2 bundles: write one for each bundle",
        ),
        ({"gangs": [{"strategy": "SCATTER", "bundles": []}]}, "use one of PACK, SPREAD"),
        ({"shapes": [{"resources": {"CPU": "many"}, "count": 1}]}, "CPU is 'many', which is not"),
        ({"shapes": [{"resources": {"CPU": 1}}]}, "'count' is missing"),
    ],
)
def test_what_people_mistype_is_refused_by_name_with_the_way_out(
    report: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        demand_from_text(json.dumps(report))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "report",
    [
        {"shapes": [{**SHAPE, "topology": "2x2"}]},
        {"shapes": [{**SHAPE, "selectors": [{**ZONE, "operator": "gt"}]}]},
        {"shapes": [{**SHAPE, "selectors": [{**ZONE, "namespace": "x"}]}]},
        {"gangs": [{"bundles": [{"CPU": 1}], "topology": "2x2"}]},
        {"gangs": [{"bundles": [{"CPU": 1}], "strategy": "SCATTER"}]},
        {"gangs": [{"bundles": [{"resources": {"CPU": 1}, "topology": "2x2"}]}]},
    ],
)
def test_what_a_newer_agent_asks_for_accepts_no_node(report: dict[str, Any]) -> None:
    demand = demand_from_report(report)
    items = [*demand.shapes, *(bundle for gang in demand.gangs for bundle in gang.bundles)]
    (unknown,) = (s for s in items[0].selectors if s.operator == Operator.UNKNOWN)
    assert not unknown.accepts({"zone": "a", "topology": "2x2"})
    assert unknown.words.endswith("which this version of Mobula does not know")


@pytest.mark.parametrize(
    ("operator", "labels", "accepted"),
    [
        (Operator.EXISTS, {"zone": ""}, True),
        (Operator.EXISTS, {}, False),
        (Operator.DOES_NOT_EXIST, {"zone": ""}, False),
        (Operator.DOES_NOT_EXIST, {}, True),
        (Operator.UNKNOWN, {"zone": "a"}, False),
        (Operator.UNKNOWN, {}, False),
    ],
)
def test_a_selector_without_values_asks_for_the_label_itself(
    operator: Operator, labels: dict[str, str], *, accepted: bool
) -> None:
    assert LabelSelector(key="zone", operator=operator).accepts(labels) is accepted


def test_a_whole_report_of_an_agent_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match='Enter what it has under "demand"'):
        demand_from_text(json.dumps({"demand": {"shapes": [SHAPE]}, "nodes": []}))
