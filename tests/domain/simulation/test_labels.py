"""Label selectors in simulations: where work starts, and which machines come for it."""

import json
from dataclasses import replace

import pytest

from domain.demand import Bundle, Gang, LabelSelector, Selectors, Strategy
from domain.simulation.policy import Policy
from domain.simulation.recorded import read_json
from domain.simulation.work import Arrival
from tests.domain.planning import group
from tests.domain.simulation.test_replay import ours, played, rays, tasks

CHEAP = group("cheap", {"CPU": 4.0}, labels={"zone": "a"}, hourly_usd="0.1")
DEAR = group("dear", {"CPU": 4.0}, labels={"zone": "b"}, hourly_usd="0.9")


def zone(*names: str) -> Selectors:
    return (LabelSelector(key="zone", values=names),)


def usd(policy: Policy, arrival: Arrival) -> set[str]:
    outcome = played(policy, arrival)
    assert outcome.finished == 1
    return {str(price) for _, _, price in outcome.node_seconds}


@pytest.mark.parametrize("policy", [ours(CHEAP, DEAR), rays(CHEAP, DEAR)])
def test_a_task_runs_on_a_machine_that_it_accepts(policy: Policy) -> None:
    assert usd(policy, replace(tasks(0, 1), selectors=zone("b"))) == {"0.9"}


@pytest.mark.parametrize("policy", [ours(CHEAP, DEAR), rays(CHEAP, DEAR)])
def test_a_task_falls_back_where_no_machine_has_the_label(policy: Policy) -> None:
    arrival = replace(tasks(0, 1), selectors=zone("c"), fallbacks=(zone("b"),))
    assert usd(policy, arrival) == {"0.9"}


@pytest.mark.parametrize("policy", [ours(CHEAP, DEAR), rays(CHEAP, DEAR)])
@pytest.mark.parametrize("strategy", Strategy)
def test_bundles_run_on_machines_that_they_accept(policy: Policy, strategy: Strategy) -> None:
    bundle = Bundle(resources={"CPU": 1.0}, selectors=zone("b"))
    gang = Gang(strategy=strategy, bundles=(bundle, bundle))
    assert usd(policy, Arrival(at=0, seconds=600, gang=gang)) == {"0.9"}


def test_recorded_work_has_selectors_as_demand_has_them() -> None:
    text = json.dumps(
        [
            {"at": 0, "seconds": 9, "shape": {"CPU": 1}, "selectors": {"zone": "b"},
             "fallbacks": [{"zone": "!b"}]},
            {"at": 1, "seconds": 9,
             "bundles": [{"resources": {"memory": "2Gi"}, "selectors": {"zone": "b"}}]},
        ]
    )  # fmt: skip
    task, group_of_bundles = read_json(text)
    assert task.selectors == zone("b")
    assert [s.words for s in task.fallbacks[0]] == ["zone not in (b)"]
    assert group_of_bundles.gang is not None
    assert group_of_bundles.gang.bundles == (
        Bundle(resources={"memory": 2.0**31}, selectors=zone("b")),
    )


def test_a_key_that_is_not_known_is_refused_by_name() -> None:
    text = json.dumps([{"at": 0, "seconds": 9, "shape": {"CPU": 1}, "label_selector": {}}])
    with pytest.raises(ValueError, match=r"Arrival 1: label_selector is not known: use at,"):
        read_json(text)
