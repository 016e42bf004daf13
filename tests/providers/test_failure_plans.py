"""What goes wrong as planned, at the fake and at the local provider."""

import json
import time
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.cooldowns import FailureClass
from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.base import (
    CapacityUnavailable,
    LaunchFailed,
    MachinePhase,
    NodeError,
    NodeSpec,
    ProviderError,
    Throttled,
    Unreachable,
    raise_failures,
)
from providers.failure_plan import (
    ERRORS,
    TAKEN_BACK,
    FailurePlan,
    PlanFile,
    PlannedFailure,
    PlannedInterruption,
)
from providers.fake.driver import FakeDriver
from providers.local import faults
from tests.providers.sites import Site, eventually
from tests.providers.test_fake import CLUSTER, Clock


def node(number: int, **fields: object) -> NodeSpec:
    given = {
        "name": f"c1-{number}",
        "role": NodeRole.WORKER,
        "group": "workers",
        "instance_type": "small",
        "market": Market.SPOT,
        "zone": "a",
        "resources": {"CPU": 1},
    }
    return NodeSpec(**(given | fields))  # type: ignore[arg-type]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def driver(clock: Clock) -> FakeDriver:
    driver = FakeDriver(clock=clock)
    driver.prepare(CLUSTER)
    return driver


def refused(driver: FakeDriver, *nodes: NodeSpec) -> dict[str, ProviderError]:
    try:
        driver.launch(CLUSTER, nodes)
    except LaunchFailed as failed:
        return {one.name: one.error for one in failed.failures}
    return {}


def test_the_others_of_a_call_go_on(driver: FakeDriver) -> None:
    driver.plan_failure(PlannedFailure(market="spot", zone="a"))
    errors = refused(driver, node(1), node(2, zone="b"), node(3, market=Market.ON_DEMAND))
    assert errors.keys() == {"c1-1"}
    assert isinstance(errors["c1-1"], CapacityUnavailable)
    assert str(errors["c1-1"]) == "No capacity for small as spot in a."
    assert driver.launched == ["c1-2", "c1-3"]


def test_a_failure_holds_for_so_many_launches(driver: FakeDriver) -> None:
    driver.plan_failure(PlannedFailure(times=2))
    assert refused(driver, node(1), node(2), node(3)).keys() == {"c1-1", "c1-2"}
    assert refused(driver, node(1)) == {}


def test_a_failure_holds_until_a_moment(driver: FakeDriver, clock: Clock) -> None:
    end = datetime.fromtimestamp(clock.now + 60, UTC)
    driver.plan_failure(PlannedFailure(until=end.isoformat()))
    assert refused(driver, node(1))
    clock.now += 60
    assert not refused(driver, node(1))


@pytest.mark.parametrize("failure", [f for f in FailureClass if f is not FailureClass.TRANSIENT])
def test_every_class_can_be_planned(driver: FakeDriver, failure: FailureClass) -> None:
    driver.plan_failure(PlannedFailure(failure=failure.value, message="As planned."))
    (error,) = refused(driver, node(1)).values()
    assert (error.failure_class, str(error)) == (failure, "As planned.")


def test_what_only_wants_patience_is_raised_as_it_is() -> None:
    raise_failures([])
    slow = NodeError("c1-1", Throttled("Slow down."))
    with pytest.raises(Throttled):
        raise_failures([slow])
    with pytest.raises(LaunchFailed, match="2 nodes were rejected"):
        raise_failures([slow, NodeError("c1-2", CapacityUnavailable("Sold out."))])


def test_every_class_of_failure_has_its_error() -> None:
    assert {error.failure_class: error for error in ERRORS.values()} == ERRORS


def test_a_spot_machine_is_taken_back_after_its_notice(driver: FakeDriver, clock: Clock) -> None:
    driver.launch(CLUSTER, [node(1), node(2, market=Market.ON_DEMAND)])
    driver.plan_interruption(PlannedInterruption(in_seconds=30))
    seen = {one.name: one for one in driver.observe(CLUSTER)}
    assert seen["c1-2"].interruption_at is None
    assert seen["c1-1"].phase is MachinePhase.RUNNING
    assert seen["c1-1"].interruption_at == datetime.fromtimestamp(clock.now + 30, UTC)
    clock.now += 30
    seen = {one.name: one for one in driver.observe(CLUSTER)}
    assert (seen["c1-1"].phase, seen["c1-1"].reason) == (MachinePhase.FAILED, TAKEN_BACK)
    assert seen["c1-2"].phase is MachinePhase.RUNNING


def test_a_named_node_is_taken_back_whatever_its_market(driver: FakeDriver) -> None:
    driver.launch(CLUSTER, [node(1), node(2, market=Market.ON_DEMAND)])
    driver.plan_interruption(PlannedInterruption(node="c1-2"))
    told = {one.name for one in driver.observe(CLUSTER) if one.interruption_at}
    assert told == {"c1-2"}


def test_the_fake_provider_reads_the_file_beside_its_world(tmp_path: Path) -> None:
    driver = FakeDriver(path=tmp_path / "world.json")
    driver.prepare(CLUSTER)
    plan = tmp_path / "failures.json"
    plan.write_text(json.dumps({
        "failures": [{"instance_type": "small", "times": 1}],
        "interruptions": [{"in_seconds": 60}],
    }))  # fmt: skip
    assert refused(driver, node(1), node(2)).keys() == {"c1-1"}
    assert [one.name for one in driver.observe(CLUSTER) if one.interruption_at] == ["c1-2"]
    left = json.loads(plan.read_text())
    assert (left["failures"][0]["times"], left["interruptions"][0]["times"]) == (0, 0)
    again = FakeDriver(path=tmp_path / "world.json")
    assert [one.name for one in again.observe(CLUSTER) if one.interruption_at] == ["c1-2"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"failures": [{"kind": "capacity"}]}',
        '{"failures": [{"failure": "mood"}]}',
        '{"failures": [{"until": "soon"}]}',
    ],
)
def test_a_plan_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    file = PlanFile(tmp_path / "failures.json")
    file.path.write_text(text)
    with (
        pytest.raises(Unreachable, match=r"failures\.json is not a valid failure plan"),
        file.open(),
    ):
        pass


def test_no_file_plans_nothing(tmp_path: Path) -> None:
    with PlanFile(tmp_path / "failures.json").open() as plan:
        assert plan == FailurePlan()
    assert list(tmp_path.iterdir()) == []


def plan_locally(site: Site, **plan: object) -> None:
    (Path(site.arguments["path"]) / "failures.json").write_text(json.dumps(plan))


def test_a_local_launch_fails_as_planned(local: Site) -> None:
    plan_locally(local, failures=[{"group": "worker", "times": 1}])
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    with pytest.raises(LaunchFailed) as caught:
        local.driver.launch(local.cluster, [local.worker(2), local.worker(3)])
    assert [one.name for one in caught.value.failures] == [local.worker(2).name]
    local.wait_for(local.worker(3).name, MachinePhase.RUNNING)
    assert local.worker(2).name not in local.observed()


def test_a_local_node_is_taken_back_after_its_notice(local: Site) -> None:
    head = local.head()
    local.driver.launch(local.cluster, [head])
    local.wait_for(head.name, MachinePhase.RUNNING)
    plan_locally(local, interruptions=[{"node": head.name, "in_seconds": 1}])
    deadline = local.observed()[head.name].interruption_at
    assert deadline is not None
    assert deadline - datetime.fromtimestamp(time.time(), UTC) < timedelta(seconds=2)
    seen = local.wait_for(head.name, MachinePhase.FAILED)
    assert seen.reason == TAKEN_BACK
    local.driver.terminate(local.cluster, [head.name])
    eventually(lambda: local.observed() == {}, "the node is gone")
    assert local.processes() == []


@pytest.mark.parametrize(
    "plan",
    [
        {"interruptions": [{"in_seconds": "30"}]},
        {"interruptions": [{"in_seconds": float("nan")}]},
        {"interruptions": [{"in_seconds": 1e300}]},
        {"interruptions": [{"in_seconds": -1}]},
        {"interruptions": [{"times": "1"}]},
        {"failures": [{"times": 0.5}]},
        {"failures": [{"times": -1}]},
    ],
)
def test_a_plan_with_impossible_numbers_is_named(tmp_path: Path, plan: object) -> None:
    path = tmp_path / "failures.json"
    path.write_text(json.dumps(plan))
    with (
        pytest.raises(Unreachable, match=r"failures\.json is not a valid failure plan"),
        PlanFile(path).open(),
    ):
        pass


def test_a_plan_that_cannot_be_read_stops_launches_and_nothing_else(
    tmp_path: Path, clock: Clock
) -> None:
    driver = FakeDriver(path=tmp_path / "world.json", clock=clock)
    driver.prepare(CLUSTER)
    driver.launch(CLUSTER, [node(1)])
    (tmp_path / "failures.json").write_text("{")
    with pytest.raises(Unreachable, match=r"failures\.json"):
        driver.launch(CLUSTER, [node(2)])
    assert [one.name for one in driver.observe(CLUSTER)] == ["c1-1"]
    driver.terminate(CLUSTER, ["c1-1"])


def test_a_plan_that_cannot_be_read_lets_local_nodes_be_seen(tmp_path: Path) -> None:
    (tmp_path / "failures.json").write_text("{")
    faults.interrupt(tmp_path, [])
    with pytest.raises(Unreachable, match=r"failures\.json"):
        faults.refusal(tmp_path, node(1))


def test_the_page_shows_a_plan_with_all_its_keys() -> None:
    page = (Path(__file__).parents[2] / "docs" / "spot.md").read_text()
    block = page.split("```json\n")[1].split("```")[0]
    plan = FailurePlan.from_plain(json.loads(block))
    assert (len(plan.failures), len(plan.interruptions)) == (3, 2)
    keys = {field.name for kind in (PlannedFailure, PlannedInterruption) for field in fields(kind)}
    table = page.split("| Key | Means |")[1]
    assert [key for key in keys if f"`{key}`" not in table] == []
    assert [kind for kind in FailureClass if f"| `{kind}` | " not in page] == []
