"""Recorded workloads: JSON and CSV say the same, and what is wrong has its place."""

import json

import pytest

from domain.demand import Gang, Strategy, plain_bundles
from domain.simulation import Arrival
from domain.simulation.recorded import read_csv, read_json

TASKS = Arrival(at=60, seconds=30, count=4, resources={"CPU": 2.0, "memory": 4 * 2.0**30})


def test_json_tells_tasks_and_placement_groups_in_the_order_of_time() -> None:
    text = json.dumps(
        [
            {"at": 90, "seconds": 5, "strategy": "SPREAD", "bundles": [{"GPU": 1}, {"GPU": 1}]},
            {"at": 60, "seconds": 30, "count": 4, "shape": {"CPU": 2, "memory": "4Gi"}},
        ]
    )
    pair = Gang(strategy=Strategy.SPREAD, bundles=plain_bundles([{"GPU": 1.0}] * 2))
    assert read_json(text) == (TASKS, Arrival(at=90, seconds=5, gang=pair))


def test_csv_has_a_column_for_each_resource() -> None:
    text = "at,count,seconds,CPU,GPU,memory\n60,4,30,2,,4Gi\n70,,5,,1,\n"
    assert read_csv(text) == (TASKS, Arrival(at=70, seconds=5, resources={"GPU": 1.0}))


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"seconds": 1, "shape": {"CPU": 1}}, "Arrival 1: at is missing."),
        ({"at": -1, "seconds": 1, "shape": {"CPU": 1}}, "Arrival 1: at is -1, 0 at least."),
        ({"at": 0, "seconds": 0, "shape": {"CPU": 1}}, "Arrival 1: seconds is 0, 1 at least."),
        ({"at": 0, "seconds": 1, "shape": {}}, "Arrival 1: its shape has no resources."),
        ({"at": 0, "seconds": 1, "shape": {"CPU": -1}}, "Arrival 1: CPU is -1."),
        ({"at": 0, "seconds": 1}, "Could not parse arrival 1: KeyError('shape')."),
        ({"at": 0, "seconds": 1, "bundles": []}, "a placement group needs bundles"),
        ({"at": 0, "seconds": 1, "bundles": [{"CPU": 1}], "strategy": "X"}, "not a valid Strategy"),
        (7, "Could not parse arrival 1"),
    ],
)
def test_what_cannot_be_read_is_named(item: object, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read_json(json.dumps([item]))
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_what_is_no_workload_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="workload"):
        read_json(text)


def test_an_empty_csv_is_told() -> None:
    with pytest.raises(ValueError, match="workload is empty"):
        read_csv("at,count,seconds,CPU\n")
