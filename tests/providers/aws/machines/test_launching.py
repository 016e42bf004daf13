"""Each node has exactly one machine, whatever happens to the calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.cooldowns import FailureClass
from mobula.demo_cloud.aws.world import World
from providers.aws.calls import MOST_ATTEMPTS
from providers.aws.driver import AwsDriver
from providers.base import (
    CapacityUnavailable,
    InvalidRequest,
    LaunchFailed,
    NodeSpec,
    QuotaExceeded,
    Throttled,
    Unreachable,
)
from tests.providers.aws.conftest import CLUSTER, Open, advance, head, names, workers


def alive(world: World) -> int:
    return len(world.alive())


def test_nodes_of_a_batch_are_one_call_and_each_has_a_machine(
    driver: AwsDriver, world: World
) -> None:
    asked = workers(3)
    driver.launch(CLUSTER, asked)
    assert sorted(names(driver.observe(CLUSTER))) == names(asked)
    [call] = world.called("RunInstances")
    assert (call["MinCount"], call["MaxCount"]) == (1, 3)
    assert call["ClientToken"] == f"mobula-{CLUSTER.handle}-2"


def test_nodes_of_two_batches_are_two_calls(driver: AwsDriver, world: World) -> None:
    driver.launch(CLUSTER, [head(), *workers(2)])
    assert world.count()["RunInstances"] == 2
    assert len(driver.observe(CLUSTER)) == 3


def test_a_repeated_launch_asks_for_nothing(
    driver: AwsDriver, open_aws: Open, world: World
) -> None:
    driver.launch(CLUSTER, workers(3))
    driver.launch(CLUSTER, workers(3))
    open_aws().launch(CLUSTER, workers(3))
    assert world.count()["RunInstances"] == 1


@pytest.mark.parametrize("code", ["", "InternalError", "RequestLimitExceeded", "NobodyKnows"])
@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_lost_answer_starts_nothing_twice(
    driver: AwsDriver, world: World, code: str, takes_effect: bool
) -> None:
    world.fail("RunInstances", code, takes_effect=takes_effect)
    driver.launch(CLUSTER, workers(3))
    assert world.count()["RunInstances"] == 2
    assert alive(world) == 3
    assert sorted(names(driver.observe(CLUSTER))) == names(workers(3))


def test_a_launch_that_never_gets_an_answer_is_put_right_by_the_next_though_the_list_lags(
    driver: AwsDriver, open_aws: Open, world: World
) -> None:
    world.lag = 60
    world.fail("RunInstances", takes_effect=True, times=MOST_ATTEMPTS)
    with pytest.raises(Unreachable):
        driver.launch(CLUSTER, workers(3))
    assert world.count()["RunInstances"] == MOST_ATTEMPTS
    assert driver.observe(CLUSTER) == ()
    other = open_aws()
    other.launch(CLUSTER, workers(3))
    assert alive(world) == 3
    assert sorted(names(other.observe(CLUSTER))) == names(workers(3))


def test_a_machine_that_is_not_listed_yet_is_observed_by_whoever_launched_it(
    driver: AwsDriver, open_aws: Open, world: World
) -> None:
    world.lag = 30
    driver.launch(CLUSTER, workers(2))
    assert len(driver.observe(CLUSTER)) == 2
    assert open_aws().observe(CLUSTER) == ()
    assert driver.facts.list_is_fresh_after.total_seconds() == 120
    advance(world, 31)
    assert len(open_aws().observe(CLUSTER)) == 2


def test_what_there_is_starts_and_the_rest_is_refused_for_capacity(
    driver: AwsDriver, world: World
) -> None:
    world.capacity["m5.large", "us-east-1a", "on-demand"] = 2
    with pytest.raises(LaunchFailed) as failed:
        driver.launch(CLUSTER, workers(5))
    assert [failure.name for failure in failed.value.failures] == names(workers(5))[2:]
    assert {type(failure.error) for failure in failed.value.failures} == {CapacityUnavailable}
    assert "2 of 5 m5.large on-demand instances in us-east-1a" in str(failed.value)
    assert sorted(names(driver.observe(CLUSTER))) == names(workers(5))[:2]


def test_a_repeated_call_after_a_half_answer_finds_the_same_half(
    driver: AwsDriver, open_aws: Open, world: World
) -> None:
    pool = ("m5.large", "us-east-1a", "on-demand")
    world.capacity[pool] = 2
    world.fail("RunInstances", takes_effect=True, times=MOST_ATTEMPTS)
    with pytest.raises(Unreachable):
        driver.launch(CLUSTER, workers(5))
    world.capacity[pool] = 100
    with pytest.raises(LaunchFailed) as failed:
        open_aws().launch(CLUSTER, workers(5))
    assert len(failed.value.failures) == 3
    assert alive(world) == 2


def test_a_zone_without_capacity_is_asked_once_and_told_at_once(
    driver: AwsDriver, world: World
) -> None:
    world.capacity["m5.large", "us-east-1a", "on-demand"] = 0
    with pytest.raises(LaunchFailed) as failed:
        driver.launch(CLUSTER, workers(2))
    assert {f.error.failure_class for f in failed.value.failures} == {FailureClass.CAPACITY}
    assert world.count()["RunInstances"] == 1


@pytest.mark.parametrize("market", ["on_demand", "spot"])
def test_a_used_up_quota_is_told_as_one(driver: AwsDriver, world: World, market: str) -> None:
    world.quotas[market.replace("_", "-")] = 1
    with pytest.raises(LaunchFailed) as failed:
        driver.launch(CLUSTER, workers(2, market=type(head().market)(market)))
    assert {type(failure.error) for failure in failed.value.failures} == {QuotaExceeded}
    assert "Service Quotas" in str(failed.value)


def test_lasting_haste_is_raised_as_it_is(driver: AwsDriver, world: World) -> None:
    world.fail("RunInstances", "RequestLimitExceeded", times=MOST_ATTEMPTS)
    with pytest.raises(Throttled):
        driver.launch(CLUSTER, workers(2))
    assert world.count()["RunInstances"] == MOST_ATTEMPTS


def test_one_batch_without_capacity_keeps_no_other_one(driver: AwsDriver, world: World) -> None:
    world.capacity["m5.large", "us-east-1b", "on-demand"] = 0
    elsewhere = workers(2, first=10, zone="us-east-1b")
    with pytest.raises(LaunchFailed) as failed:
        driver.launch(CLUSTER, [*elsewhere, *workers(2)])
    assert [failure.name for failure in failed.value.failures] == names(elsewhere)
    assert sorted(names(driver.observe(CLUSTER))) == names(workers(2))


def test_settings_that_change_between_two_calls_start_nothing_twice(
    driver: AwsDriver, open_aws: Open, world: World
) -> None:
    world.fail("RunInstances", takes_effect=True, times=MOST_ATTEMPTS)
    with pytest.raises(Unreachable):
        driver.launch(CLUSTER, workers(2))
    world.lag = 0
    changed = open_aws(tags={"team": "search"})
    listed, changed.listing.of = changed.listing.of, lambda *_args, **_options: ()  # type: ignore[method-assign]
    changed.launch(CLUSTER, workers(2))
    changed.listing.of = listed  # type: ignore[method-assign]
    assert alive(world) == 2
    assert len(changed.observe(CLUSTER)) == 2


def test_a_node_that_is_terminated_while_it_is_launched_does_not_stay(
    driver: AwsDriver, open_aws: Open, world: World
) -> None:
    def meanwhile(cluster: object, node: NodeSpec) -> str:
        driver.terminate(CLUSTER, [names(workers(3))[1]])
        return "#!/bin/sh\n"

    late = open_aws(user_data=meanwhile)
    late.launch(CLUSTER, workers(3))
    assert alive(world) == 2
    assert sorted(names(open_aws().observe(CLUSTER))) == [
        names(workers(3))[0],
        names(workers(3))[2],
    ]


def test_a_cluster_that_is_destroyed_while_it_is_launched_leaves_nothing(
    driver: AwsDriver, open_aws: Open, world: World
) -> None:
    def meanwhile(cluster: object, node: NodeSpec) -> str:
        driver._ended.end_cluster(CLUSTER.handle)
        return "#!/bin/sh\n"

    open_aws(user_data=meanwhile).launch(CLUSTER, workers(3))
    assert alive(world) == 0


def test_names_that_ended_before_the_call_start_nothing_and_keep_no_place(
    driver: AwsDriver, world: World
) -> None:
    asked = workers(4)
    driver.terminate(CLUSTER, [asked[0].name, asked[3].name])
    driver.launch(CLUSTER, asked)
    [call] = world.called("RunInstances")
    assert call["MaxCount"] == 3
    assert sorted(names(driver.observe(CLUSTER))) == names(asked[1:3])
    assert alive(world) == 2


def test_a_part_of_a_batch_finds_its_own_places(driver: AwsDriver, open_aws: Open) -> None:
    asked = workers(4)
    driver.launch(CLUSTER, asked)
    driver.terminate(CLUSTER, [asked[2].name])
    open_aws().launch(CLUSTER, [asked[1], asked[3]])
    assert sorted(names(driver.observe(CLUSTER))) == names([asked[0], asked[1], asked[3]])


def test_a_batch_whose_machines_have_all_ended_is_not_started_again(
    driver: AwsDriver, open_aws: Open, world: World
) -> None:
    driver.launch(CLUSTER, workers(2))
    for one in world.alive():
        world.interrupt(one.id)
    world.fail("RunInstances", "IdempotentInstanceTerminated", status=400)
    other = open_aws()
    listed, other.listing.of = other.listing.of, lambda *_args, **_options: ()  # type: ignore[method-assign]
    other.launch(CLUSTER, workers(2))
    other.listing.of = listed  # type: ignore[method-assign]
    assert alive(world) == 0
    assert {node.reason for node in other.observe(CLUSTER)} == {"AWS reclaimed the spot instance."}


def test_a_group_that_ec2_does_not_know_yet_is_waited_for(driver: AwsDriver, world: World) -> None:
    [group] = world.groups
    words = f"The security group '{group}' does not exist"
    world.fail("RunInstances", "InvalidGroup.NotFound", message=words, status=400)
    with pytest.raises(Throttled, match="security group yet"):
        driver.launch(CLUSTER, workers(1))
    driver.launch(CLUSTER, workers(1))
    assert alive(world) == 1


def test_a_placement_group_that_was_removed_is_made_again(driver: AwsDriver, world: World) -> None:
    efa = {"instance_type": "p4d.24xlarge", "flags": {"efa_config": {}}}
    driver.launch(CLUSTER, workers(1, **efa))
    world.placements.clear()
    with pytest.raises(Throttled):
        driver.launch(CLUSTER, workers(1, first=3, **efa))
    driver.launch(CLUSTER, workers(1, first=3, **efa))
    assert alive(world) == 2


@pytest.mark.parametrize(
    "named", [{"placement_group": "nowhere"}, {"security_group_id": "sg-0000dead"}]
)
def test_a_group_of_the_configuration_that_does_not_exist_is_told(
    driver: AwsDriver, named: dict[str, str]
) -> None:
    nodes = workers(1, instance_type="p4d.24xlarge", flags={"efa_config": named})
    with pytest.raises(LaunchFailed) as failed:
        driver.launch(CLUSTER, nodes)
    assert isinstance(failed.value.failures[0].error, InvalidRequest)


def test_a_batch_must_be_of_one_kind_and_its_places_right(driver: AwsDriver) -> None:
    mixed = [workers(2)[0], replace(workers(2)[1], instance_type="m5.2xlarge")]
    with pytest.raises(InvalidRequest, match="not one kind"):
        driver.launch(CLUSTER, mixed)
    misplaced = replace(workers(3)[1], batch_index=2)
    with pytest.raises(InvalidRequest, match="cannot be node 2 of the 3"):
        driver.launch(CLUSTER, [misplaced])
