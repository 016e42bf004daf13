"""A thousand settled clusters cost ten lists a minute, however many workers look at them."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from domain.lifecycle import NodeRole
from mobula.demo_cloud.aws.instances import run_instances
from mobula.demo_cloud.aws.world import World
from providers.aws import tags
from providers.aws.calls import Calls
from providers.aws.driver import CALM_LIST_SECONDS, FACTS
from providers.aws.machines.listing import NEWEST_SECONDS, Listing, Machine, by_handle
from providers.aws.machines.packing import across, pack, unpack
from tests.doubles.answers import MemoryAnswers
from tests.providers.aws.conftest import CLUSTER, KEYS, Open, advance, head

WORKERS, CLUSTERS = 8, 1000
MACHINE = Machine(
    id="i-1", name="c1-1", handle="c1", batch="c1-1", index=0, role=NodeRole.HEAD,
    state="running", zone="us-east-1a", address="10.0.0.1",
    launched_at=datetime(2026, 11, 29, tzinfo=UTC), reason_code="", reason="", ended_at=None,
)  # fmt: skip


def fill(world: World) -> list[str]:
    """Launch a machine for each of the clusters; return their handles."""
    handles = [f"c{number:07x}" for number in range(CLUSTERS)]
    for handle in handles:
        own = tags.rows(tags.of_cluster(handle, "") | {tags.BATCH: f"{handle}-1"})
        run_instances(
            world,
            {
                "ImageId": "ami-000000c1", "InstanceType": "m5.large", "MinCount": 1,
                "MaxCount": 1,
                "TagSpecifications": [{"ResourceType": "instance", "Tags": list(own)}],
            },
        )  # fmt: skip
    return handles


def test_a_minute_of_a_thousand_settled_clusters(open_aws: Open, world: World) -> None:
    for subnet in world.subnets.values():
        subnet.free = CLUSTERS
    driver, handles = open_aws(), fill(world)
    store = MemoryAnswers(world.clock)
    workers = [
        Listing(
            Calls("EC2", lambda: driver._clients.client("ec2")),
            installation="",
            across=across(store, place="p", installation=""),
            clock=world.clock,
        )
        for _ in range(WORKERS)
    ]
    dice = random.Random(7)  # noqa: S311
    pause = int(FACTS.look_every_calm.total_seconds())
    oldest = 0.0
    for second in range(120):
        if second == 60:
            world.calls.clear()
        for start in range(second % pause, CLUSTERS, pause * 10):  # ten of those due, a task
            worker = dice.choice(workers)
            for handle in handles[start::pause][:10]:
                assert len(worker.of(handle, max_age=CALM_LIST_SECONDS)) == 1
            began, _ = worker._shared._answer or (0, None)
            oldest = max(oldest, world.clock() - began)
        advance(world, 1)
    assert world.count()["DescribeInstances"] <= 12
    assert oldest <= CALM_LIST_SECONDS
    assert oldest + pause <= 15
    assert NEWEST_SECONDS <= 3


def test_two_processes_make_one_call(open_aws: Open, world: World) -> None:
    store = MemoryAnswers(world.clock)
    one, two = (open_aws(max_age=3, answers=store) for _ in range(2))
    launching = open_aws()
    launching.prepare(CLUSTER)
    launching.launch(CLUSTER, [head()])
    world.calls.clear()
    assert [node.name for node in one.observe(CLUSTER)] == [head().name]
    assert two.observe(CLUSTER) == one.observe(CLUSTER)
    assert world.count()["DescribeInstances"] == 1


def test_other_installations_and_accounts_have_lists_of_their_own() -> None:
    store = MemoryAnswers()
    keys = {
        shared.key
        for place in ("p", "q")
        for installation in ("a", "b")
        if (shared := across(store, place=place, installation=installation))
    }
    assert len(keys) == 4
    assert across(None, place="p", installation="a") is None


def test_the_store_holds_no_secret(open_aws: Open, world: World) -> None:
    store = MemoryAnswers(world.clock)
    driver = open_aws(KEYS, max_age=3, answers=store, user_data=lambda *_, **__: "hunter2 token")
    driver.prepare(CLUSTER)
    driver.launch(CLUSTER, [head()])
    driver.observe(CLUSTER)
    [(key, (_, content))] = store.content.items()
    told = f"{key} {unpack(content)}"
    assert "AKIA" not in told
    assert "hunter2" not in told


def test_what_is_packed_is_unpacked() -> None:
    machines = by_handle([MACHINE])
    assert unpack(pack(machines)) == machines
    assert unpack(pack({})) == {}


@pytest.mark.parametrize("content", [b"", b"x", pack({})[:-2], pack(by_handle([MACHINE]))[:20]])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no list of machines"):
        unpack(content)
