from typing import Any

import pytest

from domain.demand import (
    Demand,
    Gang,
    LabelSelector,
    Shape,
    Strategy,
    demand_from_report,
    describe,
    plain_bundles,
)


def test_a_report_without_demand_is_empty() -> None:
    assert demand_from_report({}).is_empty


@pytest.mark.parametrize(
    "report",
    [
        {"shapes": [{"resources": {"CPU": 1}, "count": 1}]},
        {"gangs": [{"strategy": "PACK", "bundles": [{"CPU": 1}]}]},
        {"standing_requests": [{"resources": {"CPU": 1}, "count": 1}]},
    ],
)
def test_a_report_of_anything_is_not_empty(report: dict[str, Any]) -> None:
    assert not demand_from_report(report).is_empty


def test_an_agents_report_is_read_as_it_was_sent() -> None:
    report = {
        "shapes": [
            {
                "resources": {"CPU": 0.5, "memory": 1024},
                "count": 40,
                "selectors": [{"key": "zone", "operator": "not in", "values": ["a", "b"]}],
            }
        ],
        "gangs": [{"id": "7", "strategy": "STRICT_SPREAD", "bundles": [{"CPU": 1}, {"GPU": 1}]}],
        "standing_requests": [{"resources": {"CPU": 1}, "count": 8}],
    }
    selector = LabelSelector(key="zone", operator="not in", values=("a", "b"))
    assert demand_from_report(report) == Demand(
        shapes=(Shape(resources={"CPU": 0.5, "memory": 1024.0}, count=40, selectors=(selector,)),),
        gangs=(
            Gang(
                strategy=Strategy.STRICT_SPREAD,
                bundles=plain_bundles([{"CPU": 1.0}, {"GPU": 1.0}]),
                id="7",
            ),
        ),
        standing_requests=(Shape(resources={"CPU": 1.0}, count=8),),
    )


def test_a_placement_group_without_a_strategy_is_packed() -> None:
    (gang,) = demand_from_report({"gangs": [{"bundles": [{"CPU": 1}]}]}).gangs
    assert gang.strategy is Strategy.PACK


def test_amounts_of_nothing_are_left_out() -> None:
    (shape,) = demand_from_report({"shapes": [{"resources": {"CPU": 0}, "count": 1}]}).shapes
    assert shape.resources == {}


@pytest.mark.parametrize(
    "report",
    [
        {"shapes": [{"count": 1}]},
        {"shapes": [{"resources": {"CPU": 1}}]},
        {"shapes": [{"resources": {"CPU": "many"}, "count": 1}]},
        {"shapes": [{"resources": {"CPU": float("inf")}, "count": 1}]},
        {"shapes": [{"resources": {"CPU": float("nan")}, "count": 1}]},
        {"shapes": [{"resources": {"CPU": 1}, "count": float("inf")}]},
        {"shapes": [{"resources": {"CPU": 10**400}, "count": 1}]},
        {"shapes": [{"resources": None, "count": 1}]},
        {"shapes": ["CPU"]},
        {"shapes": 3},
        {"gangs": [{"strategy": "PACK"}]},
        {"gangs": [{"strategy": "SCATTER", "bundles": []}]},
        {"shapes": [{"resources": {"CPU": 1}, "count": 1, "selectors": [{"key": "zone"}]}]},
    ],
)
def test_a_report_without_sense_is_refused(report: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        demand_from_report(report)


@pytest.mark.parametrize(
    ("operator", "labels", "accepted"),
    [
        ("in", {"zone": "a"}, True),
        ("in", {"zone": "c"}, False),
        ("in", {}, False),
        ("not in", {"zone": "a"}, False),
        ("not in", {"zone": "c"}, True),
        ("not in", {}, True),
    ],
)
def test_a_selector_accepts_the_labels_it_names(
    operator: str, labels: dict[str, str], *, accepted: bool
) -> None:
    selector = LabelSelector(key="zone", operator=operator, values=("a", "b"))
    assert selector.accepts(labels) is accepted


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({}, "{}"),
        ({"CPU": 2.0}, "{CPU: 2}"),
        ({"memory": 4.0 * 2**30, "CPU": 0.5}, "{CPU: 0.5, memory: 4 GiB}"),
        ({"object_store_memory": 2.0**29}, "{object_store_memory: 0.5 GiB}"),
    ],
)
def test_resources_read_as_people_write_them(resources: dict[str, float], words: str) -> None:
    assert describe(resources) == words
