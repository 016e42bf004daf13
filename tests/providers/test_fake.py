"""The fake provider fails exactly where a test tells it to."""

from pathlib import Path

import pytest

from domain.lifecycle import NodeRole
from providers.base import (
    Account,
    CapacityUnavailable,
    ClusterRef,
    InvalidRequest,
    LaunchFailed,
    MachinePhase,
    NodeSpec,
    ProviderKind,
    RayImage,
    Throttled,
)
from providers.fake.driver import FakeDriver
from providers.registry import open_driver

CLUSTER = ClusterRef(
    cluster_id="1",
    handle="c1",
    name="demo",
    region="here",
    image=RayImage(location="ray", ray_version="2.60.0", python_version="3.13"),
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def node(number: int, *, group: str = "workers", role: NodeRole = NodeRole.WORKER) -> NodeSpec:
    return NodeSpec(
        name=f"c1-{number}", role=role, group=group, instance_type="small", resources={"CPU": 2}
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def driver(clock: Clock) -> FakeDriver:
    driver = FakeDriver(clock=clock, boot_seconds=30, stop_seconds=10)
    driver.prepare(CLUSTER)
    return driver


def phases(driver: FakeDriver) -> dict[str, MachinePhase]:
    return {seen.name: seen.phase for seen in driver.observe(CLUSTER)}


def test_a_machine_boots_and_stops_by_the_clock(driver: FakeDriver, clock: Clock) -> None:
    driver.launch(CLUSTER, [node(1)])
    assert phases(driver) == {"c1-1": MachinePhase.PENDING}
    clock.now += 30
    assert phases(driver) == {"c1-1": MachinePhase.RUNNING}
    driver.terminate(CLUSTER, ["c1-1"])
    assert phases(driver) == {"c1-1": MachinePhase.STOPPING}
    clock.now += 10
    assert phases(driver) == {}


def test_a_head_tells_its_endpoints_once_it_runs(driver: FakeDriver, clock: Clock) -> None:
    driver.launch(CLUSTER, [node(1, role=NodeRole.HEAD)])
    assert driver.observe(CLUSTER)[0].endpoints is None
    clock.now += 30
    endpoints = driver.observe(CLUSTER)[0].endpoints
    assert endpoints is not None
    assert endpoints.gcs_address == "c1-1.fake:6379"


def test_a_planned_error_is_raised_once(driver: FakeDriver) -> None:
    driver.fail_next("observe", Throttled("Slow down."))
    with pytest.raises(Throttled, match="Slow down"):
        driver.observe(CLUSTER)
    assert driver.observe(CLUSTER) == ()


def test_a_launch_can_fail_half_way(driver: FakeDriver) -> None:
    driver.fail_next("launch", CapacityUnavailable("Sold out."), after=1)
    with pytest.raises(CapacityUnavailable, match="Sold out"):
        driver.launch(CLUSTER, [node(1), node(2)])
    assert driver.launched == ["c1-1"]
    driver.launch(CLUSTER, [node(1), node(2)])
    assert driver.launched == ["c1-1", "c1-2"]


def test_a_full_group_refuses_more_until_one_is_terminated(driver: FakeDriver) -> None:
    driver.limit("workers", 1)
    driver.launch(CLUSTER, [node(1), node(2, group="others")])
    with pytest.raises(LaunchFailed, match="workers"):
        driver.launch(CLUSTER, [node(3)])
    driver.terminate(CLUSTER, ["c1-1"])
    driver.launch(CLUSTER, [node(3)])
    assert driver.launched == ["c1-1", "c1-2", "c1-3"]


def test_a_broken_machine_says_why(driver: FakeDriver) -> None:
    driver.launch(CLUSTER, [node(1)])
    driver.break_node("c1-1", reason="Disk full.")
    (seen,) = driver.observe(CLUSTER)
    assert (seen.phase, seen.reason) == (MachinePhase.FAILED, "Disk full.")


def test_a_vanished_machine_is_not_listed_and_never_comes_back(driver: FakeDriver) -> None:
    driver.launch(CLUSTER, [node(1)])
    driver.vanish("c1-1")
    driver.launch(CLUSTER, [node(1)])
    assert phases(driver) == {}


def test_an_unprepared_cluster_cannot_launch() -> None:
    with pytest.raises(InvalidRequest, match="not been prepared"):
        FakeDriver().launch(CLUSTER, [node(1)])


def test_drivers_with_one_file_share_machines_errors_and_calls(tmp_path: Path) -> None:
    ours = FakeDriver(path=tmp_path / "world.json")
    theirs = FakeDriver(path=tmp_path / "world.json")
    ours.prepare(CLUSTER)
    ours.fail_next("launch", Throttled("Wait."))
    with pytest.raises(Throttled):
        theirs.launch(CLUSTER, [node(1)])
    theirs.launch(CLUSTER, [node(1)])
    assert phases(ours) == {"c1-1": MachinePhase.RUNNING}
    assert [call.verb for call in theirs.calls] == ["prepare", "launch", "launch", "observe"]


def test_fake_accounts_with_one_home_see_the_same_machines(tmp_path: Path) -> None:
    first, second = (
        open_driver(Account(kind=ProviderKind.FAKE, id=name, home=tmp_path)) for name in "ab"
    )
    first.prepare(CLUSTER)
    first.launch(CLUSTER, [node(1)])
    assert second.observe(CLUSTER) == first.observe(CLUSTER)
