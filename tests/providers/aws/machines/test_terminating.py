"""Machines end when they are told to, whatever keeps one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobula.demo_cloud.aws.world import World
from providers.aws.driver import AwsDriver
from providers.aws.machines.network import Network
from providers.base import BadCredentials, ClusterRef, InvalidRequest, Throttled, Unreachable
from tests.providers.aws.conftest import CLUSTER, Open, head, names, workers


def test_many_machines_end_in_one_call(driver: AwsDriver, world: World) -> None:
    driver.launch(CLUSTER, workers(50))
    driver.terminate(CLUSTER, names(workers(50)))
    assert world.count()["TerminateInstances"] == 1
    assert not world.alive()


def test_a_repeated_terminate_asks_for_nothing(driver: AwsDriver, world: World) -> None:
    world.stop_seconds = 60
    driver.launch(CLUSTER, workers(2))
    for _ in range(3):
        driver.terminate(CLUSTER, names(workers(2)))
    assert world.count()["TerminateInstances"] == 1


def test_a_protected_machine_keeps_no_other_one(driver: AwsDriver, world: World) -> None:
    driver.launch(CLUSTER, workers(9))
    protected = next(iter(world.instances.values()))
    protected.protected = True
    with pytest.raises(InvalidRequest, match="OperationNotPermitted"):
        driver.terminate(CLUSTER, names(workers(9)))
    assert world.alive() == [protected]
    protected.protected = False
    driver.terminate(CLUSTER, names(workers(9)))
    assert not world.alive()


def test_a_machine_that_ec2_has_forgotten_keeps_no_other_one(
    driver: AwsDriver, world: World
) -> None:
    driver.launch(CLUSTER, workers(5))
    forgotten = next(iter(world.instances))
    del world.instances[forgotten]
    driver.terminate(CLUSTER, names(workers(5)))
    assert not world.alive()


@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_lost_answer_is_asked_for_again(
    driver: AwsDriver, world: World, takes_effect: bool
) -> None:
    driver.launch(CLUSTER, workers(2))
    world.fail("TerminateInstances", takes_effect=takes_effect)
    driver.terminate(CLUSTER, names(workers(2)))
    assert not world.alive()


def test_a_terminate_that_fails_bars_the_names_all_the_same(
    driver: AwsDriver, open_aws: Open, world: World
) -> None:
    driver.launch(CLUSTER, workers(2))
    world.fail("TerminateInstances", "InternalError", times=4)
    with pytest.raises(Unreachable):
        driver.terminate(CLUSTER, names(workers(2)))
    open_aws().terminate(CLUSTER, names(workers(2)))
    assert not world.alive()
    driver.launch(CLUSTER, workers(2))
    assert world.count()["RunInstances"] == 1


def test_missing_rights_are_told(driver: AwsDriver, world: World) -> None:
    driver.launch(CLUSTER, workers(4))
    world.fail("TerminateInstances", "UnauthorizedOperation", status=403, times=99)
    with pytest.raises(BadCredentials, match="IAM policy"):
        driver.terminate(CLUSTER, names(workers(4)))
    assert world.count()["TerminateInstances"] == 1


def test_a_machine_of_another_process_is_found_though_our_list_is_older(
    open_aws: Open, world: World
) -> None:
    ours, other = open_aws(max_age=60), open_aws()
    ours.prepare(CLUSTER)
    assert ours.observe(CLUSTER) == ()
    other.launch(CLUSTER, [head()])
    ours.terminate(CLUSTER, [head().name])
    assert not world.alive()


def test_a_cluster_is_destroyed_once_its_interfaces_are_released(
    driver: AwsDriver, world: World
) -> None:
    world.release_seconds = 60
    driver.launch(CLUSTER, [head()])
    driver.terminate(CLUSTER, [head().name])
    with pytest.raises(Throttled, match="later"):
        driver.destroy(CLUSTER)
    assert world.count()["DeleteSecurityGroup"] == 1  # nobody waits within the call
    world.now[0] += 61  # type: ignore[attr-defined]
    driver.destroy(CLUSTER)
    driver.destroy(CLUSTER)
    assert not world.groups


def test_destroy_ends_what_nobody_saw(driver: AwsDriver, open_aws: Open, world: World) -> None:
    driver.launch(CLUSTER, workers(3))
    with pytest.raises(Throttled, match="still ending"):
        open_aws().destroy(CLUSTER)
    assert not world.alive()
    open_aws().destroy(CLUSTER)
    assert not world.groups


def test_placement_groups_go_with_the_cluster(driver: AwsDriver, world: World) -> None:
    nodes = workers(1, instance_type="p4d.24xlarge", flags={"efa_config": {}})
    world.stop_seconds = 30
    driver.launch(CLUSTER, nodes)
    driver.terminate(CLUSTER, names(nodes))
    with pytest.raises(Throttled):
        driver.destroy(CLUSTER)
    world.now[0] += 31  # type: ignore[attr-defined]
    driver.destroy(CLUSTER)
    assert not world.placements
    assert not world.groups


def test_a_placement_group_that_is_made_for_a_destroyed_cluster_is_removed(
    driver: AwsDriver, open_aws: Open, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Network.placement_group

    def late(self: Network, cluster: ClusterRef, *, zone: str) -> str:
        open_aws().destroy(cluster)
        return made(self, cluster, zone=zone)

    monkeypatch.setattr(Network, "placement_group", late)
    with pytest.raises(Throttled, match="destroyed while its nodes were requested"):
        driver.launch(CLUSTER, workers(1, instance_type="p4d.24xlarge", flags={"efa_config": {}}))
    assert world.count()["CreatePlacementGroup"] == 1
    assert (world.placements, world.instances) == ({}, {})


def test_machines_end_though_their_names_cannot_be_written_down(
    driver: AwsDriver, world: World, tmp_path: Path
) -> None:
    driver.launch(CLUSTER, workers(2))
    (tmp_path / "ended").mkdir(exist_ok=True)
    (tmp_path / "ended" / "lock").mkdir()
    with pytest.raises(Unreachable, match="cannot be used"):
        driver.terminate(CLUSTER, names(workers(2)))
    assert not world.alive()
