"""What is observed of machines, and why those that ended by themselves did."""

from __future__ import annotations

import pytest

from domain.cooldowns import FailureClass
from domain.lifecycle import NodeRole
from mobula.demo_cloud.aws.world import Instance, World
from providers.aws.driver import AwsDriver
from providers.aws.machines.observing import TOLD_SECONDS
from providers.aws.machines.reasons import REASONS
from providers.base import ClusterRef, MachinePhase, ObservedNode, Unreachable
from providers.observation import BulkObservation
from tests.providers.aws.conftest import CLUSTER, Open, advance, head, names, workers


def the_one(world: World) -> Instance:
    return next(iter(world.instances.values()))


def seen(driver: AwsDriver) -> ObservedNode:
    [node] = driver.observe(CLUSTER)
    return node


def test_a_machine_boots_and_runs(driver: AwsDriver, world: World) -> None:
    world.boot_seconds = 30
    driver.launch(CLUSTER, [head()])
    assert seen(driver).phase is MachinePhase.PENDING
    assert seen(driver).endpoints is None
    advance(world, 31)
    node = seen(driver)
    assert (node.phase, node.role) == (MachinePhase.RUNNING, NodeRole.HEAD)
    assert node.endpoints is not None
    assert node.endpoints.gcs_address == f"{node.address}:6379"
    assert node.started_at is not None
    assert node.started_at.timestamp() == world.clock() - 31


def test_a_machine_that_we_end_is_stopping_until_ec2_confirms(
    driver: AwsDriver, world: World
) -> None:
    world.stop_seconds = 60
    driver.launch(CLUSTER, [head()])
    driver.terminate(CLUSTER, [head().name])
    assert seen(driver).phase is MachinePhase.STOPPING
    advance(world, 61)
    assert driver.observe(CLUSTER) == ()


def test_a_reclaimed_spot_machine_is_told_as_interrupted(driver: AwsDriver, world: World) -> None:
    driver.launch(CLUSTER, [head()])
    world.interrupt(the_one(world).id)
    node = seen(driver)
    assert (node.phase, node.failure) == (MachinePhase.FAILED, FailureClass.CAPACITY)
    assert node.reason == "AWS reclaimed the spot instance."
    assert node.interruption_at is not None
    assert node.interruption_at.timestamp() == world.clock()
    driver.terminate(CLUSTER, [head().name])
    assert driver.observe(CLUSTER) == ()


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_is_a_sentence_and_a_class(driver: AwsDriver, world: World, code: str) -> None:
    driver.launch(CLUSTER, [head()])
    world.end(the_one(world), code, "words of EC2")
    node = seen(driver)
    assert node.phase is MachinePhase.FAILED
    assert node.reason.endswith(".")
    assert "words of EC2" not in node.reason
    assert node.failure is REASONS[code].failure


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("Client.VolumeLimitExceeded", FailureClass.QUOTA),
        ("Client.InvalidSnapshot.NotFound", FailureClass.CONFIGURATION),
        ("Client.InternalError", FailureClass.PERMISSION),
        ("Server.InsufficientInstanceCapacity", FailureClass.CAPACITY),
        ("Server.InternalError", FailureClass.TRANSIENT),
        ("Client.UserInitiatedShutdown", None),
    ],
)
def test_the_reasons_that_people_meet_have_the_right_class(
    driver: AwsDriver, world: World, code: str, failure: FailureClass | None
) -> None:
    driver.launch(CLUSTER, [head()])
    world.end(the_one(world), code, "")
    assert seen(driver).failure is failure


def test_a_reason_that_nobody_knows_is_told_in_ec2s_words(driver: AwsDriver, world: World) -> None:
    driver.launch(CLUSTER, [head()])
    world.end(the_one(world), "Server.Meteorite", "A meteorite hit the rack")
    assert seen(driver).reason == "The instance ended: A meteorite hit the rack."
    assert seen(driver).failure is FailureClass.TRANSIENT


def test_a_stopped_machine_has_failed(driver: AwsDriver, world: World) -> None:
    driver.launch(CLUSTER, [head()])
    the_one(world).stopped = True
    assert seen(driver).phase is MachinePhase.FAILED
    assert seen(driver).reason == "The instance was stopped in AWS."


def test_the_reason_of_an_end_is_told_for_a_while_only(
    driver: AwsDriver, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(driver._observer, "_clock", lambda: now[0])
    driver.launch(CLUSTER, [head()])
    world.interrupt(the_one(world).id)
    assert seen(driver).phase is MachinePhase.FAILED
    now[0] = TOLD_SECONDS - 1
    assert seen(driver).phase is MachinePhase.FAILED
    now[0] = TOLD_SECONDS + 1
    assert driver.observe(CLUSTER) == ()


def test_one_list_answers_for_every_cluster(open_aws: Open, world: World) -> None:
    driver = open_aws(max_age=60)
    clusters = [
        ClusterRef(
            cluster_id=str(number), handle=f"c{number}", name=f"demo {number}", region="us-east-1",
            image=CLUSTER.image, agent=CLUSTER.agent,
        )
        for number in range(5)
    ]  # fmt: skip
    for cluster in clusters:
        driver.prepare(cluster)
        driver.launch(cluster, [head(name=f"{cluster.handle}-1")])
    before = world.count()["DescribeInstances"]
    for cluster in clusters:
        assert names(driver.observe(cluster)) == [f"{cluster.handle}-1"]
    assert world.count()["DescribeInstances"] == before
    other = open_aws()
    assert isinstance(other, BulkObservation)
    everything = other.observe_all([*clusters, CLUSTER])
    assert {handle: names(nodes) for handle, nodes in everything.items()} == {
        CLUSTER.handle: [],
        **{cluster.handle: [f"{cluster.handle}-1"] for cluster in clusters},
    }
    assert world.count()["DescribeInstances"] == before + 1


def test_a_list_of_many_pages_is_read_to_its_end(driver: AwsDriver, world: World) -> None:
    world.page_size = 3
    driver.launch(CLUSTER, workers(10))
    assert len(driver.observe(CLUSTER)) == 10


def test_machines_without_our_tags_are_none_of_ours(driver: AwsDriver, world: World) -> None:
    driver.launch(CLUSTER, [head()])
    del the_one(world).tags["mobula:batch"]
    assert driver.listing.newest_of(CLUSTER.handle) != ()  # what this process launched itself
    driver.listing._launched.clear()
    assert driver.observe(CLUSTER) == ()


def test_a_list_that_cannot_be_read_is_unreachable_and_not_empty(
    driver: AwsDriver, world: World
) -> None:
    driver.launch(CLUSTER, [head()])
    world.fail("DescribeInstances", "Unavailable", times=99)
    with pytest.raises(Unreachable):
        driver.observe(CLUSTER)
