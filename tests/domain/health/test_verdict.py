"""How a cluster is, from what is known of it: the level, the sentence, and the next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.cooldowns import FailureClass
from domain.demand import Bundle, Demand, Gang, Shape
from domain.health.demand import waits_of
from domain.health.model import (
    Cooldown,
    Facts,
    GroupFacts,
    Level,
    NodeFailure,
    Step,
    StepKind,
    Wait,
)
from domain.health.plain import plain_findings, plain_waits, verdict_from, waits_from
from domain.health.verdict import verdict_of
from domain.lifecycle import ClusterState, NodeRole
from domain.planner import Offer, PlannedGroup, PlanRequest, plan
from domain.planner.explanation.causes import StopKind

NOW = datetime(2026, 3, 1, 8, 4, tzinfo=UTC)
FINE = Facts(state=ClusterState.RUNNING, now=NOW, groups=[GroupFacts(name="cpu", ready=2)])
TASKS = Wait(
    what="CPU:1",
    count=15,
    reason="group cpu cannot scale out now",
    stops=(StopKind.GROUP_COOLING,),
    groups=("cpu",),
    since=NOW - timedelta(minutes=2),
)
AT_MAXIMUM = replace(
    TASKS, count=2, reason="group cpu is at its maximum of 1", stops=(StopKind.GROUP_MAXIMUM,)
)


def failures(count: int, *, group: str = "cpu") -> list[NodeFailure]:
    return [
        NodeFailure(
            node=f"c1-{number}",
            label=f"{group}-{number}",
            at=NOW - timedelta(minutes=count - number),
            words="Ray timed out during startup",
        )
        for number in range(count)
    ]


def with_group(**fields: object) -> Facts:
    return replace(FINE, groups=[GroupFacts(name="cpu", **fields)])  # type: ignore[arg-type]


def test_a_cluster_that_works_is_fine() -> None:
    assert (verdict_of(FINE).level, verdict_of(FINE).sentence) == (Level.FINE, "")


def test_a_group_whose_nodes_fail_while_work_waits_is_stuck() -> None:
    until = NOW + timedelta(minutes=10)
    facts = replace(with_group(failures=failures(4), paused_until=until), waits=[TASKS])
    (finding,) = verdict_of(facts).findings
    assert finding.level is Level.STUCK
    assert finding.sentence == (
        "Group cpu can't start nodes: 4 failures in 10 min, Ray timed out during startup. "
        "15 tasks wait."
    )
    assert finding.next_try == until
    assert finding.steps == (
        Step(kind=StepKind.RETRY, group="cpu"),
        Step(kind=StepKind.LOG, node="c1-3"),
    )


def test_a_single_failure_is_tried_again() -> None:
    facts = replace(with_group(failures=failures(1)), pending=1)
    assert verdict_of(facts).level is Level.DEGRADED
    assert verdict_of(facts).sentence == (
        "A node of group cpu failed to start: Ray timed out during startup. Mobula tries again. "
        "1 task waits."
    )


def test_a_node_that_came_up_since_ends_the_matter() -> None:
    facts = with_group(failures=failures(2), ready=1, ready_at=NOW)
    assert verdict_of(facts).level is Level.FINE


@pytest.mark.parametrize(
    ("failure", "minutes", "level"),
    [
        (FailureClass.CAPACITY, 2, Level.DEGRADED),
        (FailureClass.CAPACITY, 30, Level.STUCK),
        (FailureClass.QUOTA, 2, Level.STUCK),
    ],
)
def test_what_mends_itself_is_stuck_after_a_while_and_a_quota_immediately(
    failure: FailureClass, minutes: int, level: Level
) -> None:
    until = NOW + timedelta(minutes=5)
    cold = Cooldown(words="No capacity for g5.xlarge", failure=failure, until=until)
    wait = replace(TASKS, since=NOW - timedelta(minutes=minutes))
    verdict = verdict_of(replace(with_group(cooldowns=[cold]), waits=[wait]))
    assert verdict.level is level
    assert verdict.sentence == (
        "Group cpu can't start nodes: No capacity for g5.xlarge. 15 tasks wait."
    )
    assert verdict.findings[0].next_try == until


def test_work_at_a_maximum_waits_and_can_be_resized() -> None:
    (finding,) = verdict_of(replace(FINE, waits=[AT_MAXIMUM])).findings
    assert finding.level is Level.WAITING
    assert finding.sentence == "2 × CPU:1 wait for 2 min: group cpu is at its maximum of 1."
    assert finding.steps == (Step(kind=StepKind.RESIZE, group="cpu"),)


def test_work_waits_for_nodes_that_start() -> None:
    facts = replace(with_group(starting=2), pending=5)
    assert verdict_of(facts).sentence == "2 nodes are starting; 5 tasks wait."


def test_the_worst_comes_first() -> None:
    facts = replace(
        FINE,
        waits=[AT_MAXIMUM],
        is_silent=True,
        agent_seen_at=NOW - timedelta(minutes=5),
        timeouts=2,
        lingering=["cpu-1", "cpu-2", "cpu-3", "cpu-4"],
        error="The key was rejected.",
        error_class=FailureClass.PERMISSION,
    )
    found = verdict_of(facts).findings
    levels = [finding.level for finding in found]
    assert levels == [
        Level.STUCK, Level.BLIND, Level.DEGRADED, Level.DEGRADED, Level.WAITING,
    ]  # fmt: skip
    assert found[0].sentence.startswith("The cloud rejected Mobula's credentials: The key was")
    assert "has not reported for 5 min" in found[1].sentence
    assert "cpu-1, cpu-2, cpu-3 and 1 more" in found[2].sentence
    assert verdict_from(plain_findings(verdict_of(facts))) == verdict_of(facts)


def test_a_failed_cluster_says_why_and_can_be_started() -> None:
    facts = replace(FINE, state=ClusterState.FAILED, end_reason="Head node lost: It is gone.")
    assert verdict_of(facts).sentence == "The cluster failed: Head node lost: It is gone."
    assert verdict_of(facts).findings[0].steps[0].kind is StepKind.START


@pytest.mark.parametrize("state", [ClusterState.STOPPED, ClusterState.TERMINATED])
def test_a_cluster_at_rest_is_fine(state: ClusterState) -> None:
    assert verdict_of(replace(FINE, state=state, error="Gone.", is_silent=True)).level is Level.FINE


def test_a_head_that_is_tried_again_is_named() -> None:
    head = GroupFacts(name="head", role=NodeRole.HEAD, failures=failures(2, group="head"))
    facts = replace(FINE, state=ClusterState.STARTING, groups=[head])
    assert verdict_of(facts).sentence == (
        "The head node failed to start 2 times: Ray timed out during startup. Mobula tries again."
    )


def request(demand: Demand, *, most: int = 1) -> PlanRequest:
    offer = Offer(instance_type="small", resources={"CPU": 2.0}, hourly_usd=Decimal(1))
    group = PlannedGroup(name="cpu", offers=(offer,), min_nodes=0, max_nodes=most, idle_seconds=60)
    return PlanRequest(groups=(group,), nodes=(), demand=demand)


def waiting(demand: Demand, *, most: int = 1) -> tuple[Wait, ...]:
    asked = request(demand, most=most)
    waits = waits_of(asked, plan(asked), before=(), now=NOW)
    assert waits_from(plain_waits(waits)) == waits
    return waits


def gang(strategy: str, count: int, **resources: float) -> Demand:
    bundles = (Bundle(resources=resources),) * count
    return Demand(gangs=(Gang(id="a", strategy=strategy, bundles=bundles),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("strategy", "count", "resources", "why"),
    [
        (
            "STRICT_SPREAD",
            3,
            {"CPU": 1.0},
            "each bundle needs a node of its own, and group cpu",
        ),
        ("STRICT_PACK", 3, {"CPU": 1.0}, "no node has room for all of its"),
        ("PACK", 1, {"GPU": 1.0}, "no group has GPU"),
    ],
)
def test_a_placement_group_that_can_never_be_placed_is_named_as_such(
    strategy: str, count: int, resources: dict[str, float], why: str
) -> None:
    facts = replace(FINE, waits=waiting(gang(strategy, count, **resources)))
    (finding,) = verdict_of(facts).findings
    assert finding.level is Level.STUCK
    assert finding.sentence.startswith(f"A {strategy} placement group ({count} × ")
    assert "can never be placed" in finding.sentence
    assert why in finding.sentence


def test_a_task_that_fits_no_group_never_runs() -> None:
    waits = waiting(Demand(shapes=(Shape(resources={"GPU": 1.0}, count=2),)))
    (finding,) = verdict_of(replace(FINE, waits=waits)).findings
    assert finding.level is Level.STUCK
    assert "2 × " in finding.sentence
    assert finding.sentence.endswith("can never run on this cluster: no group has GPU.")


def test_what_goes_on_waiting_keeps_its_beginning() -> None:
    asked = request(Demand(shapes=(Shape(resources={"CPU": 2.0}, count=3),)))
    first = waits_of(asked, plan(asked), before=(), now=NOW)
    later = waits_of(asked, plan(asked), before=first, now=NOW + timedelta(minutes=3))
    assert [wait.since for wait in later] == [NOW]
    assert later[0].stops == (StopKind.GROUP_MAXIMUM,)
    assert not later[0].is_never
