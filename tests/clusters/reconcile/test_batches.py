"""Nodes that are planned together are asked for together, and each has one machine of EC2's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.utils.timezone import now

from accounts.models import Team, User
from clusters.models import Cluster, Node
from clusters.nodes import rows
from clusters.nodes.driver_refs import specification
from domain.offerings import ProviderKind
from mobula.demo_cloud.aws import cloud
from mobula.demo_cloud.aws.world import World
from providers.aws.account import read_account
from providers.aws.driver import AwsDriver
from providers.base import MOST_IN_BATCH, Account
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.images.rewritten import rewrite_versions

pytestmark = pytest.mark.django_db


def added(head: Head, count: int) -> list[Node]:
    """Write new workers of the cluster down."""
    cluster = Cluster.objects.get(pk=head.cluster.pk)
    return rows.add_nodes(cluster, cluster.groups.get(name="cpu"), count=count)


def test_nodes_that_are_planned_together_are_one_batch(head: Head) -> None:
    nodes = added(head, 3)
    assert {node.batch for node in nodes} == {nodes[0].name}
    assert [(node.batch_index, node.batch_size) for node in nodes] == [(0, 3), (1, 3), (2, 3)]


def test_many_nodes_are_batches_of_a_hundred(head: Head) -> None:
    nodes = added(head, 250)
    firsts = [node for node in nodes if node.batch_index == 0]
    assert [node.batch_size for node in firsts] == [MOST_IN_BATCH, MOST_IN_BATCH, 50]
    for node in nodes:
        number, first = (int(name.rpartition("-")[2]) for name in (node.name, node.batch))
        assert number - first == node.batch_index < node.batch_size


def test_a_place_outside_of_its_batch_is_refused_by_the_database(head: Head) -> None:
    [node] = added(head, 1)
    with pytest.raises(IntegrityError, match="node_within_batch"):
        Node.objects.filter(pk=node.pk).update(batch_index=1)


def test_the_driver_is_told_batch_and_raw_configuration(head: Head) -> None:
    nodes = added(head, 2)
    told = specification(nodes[1])
    assert (told.batch, told.batch_index, told.batch_size) == (nodes[0].name, 1, 2)
    assert (told.raw, told.flags) == ({}, {})


RAW = """\
cloud: paper
flags: {efa_config: {device_count: 1}}
advanced_instance_config: {Own: shared}
head_node:
  instance_type: small
worker_nodes:
  - name: cpu
    instance_type: small
    advanced_instance_config: {Own: own}
  - name: more
    instance_type: small
"""


def test_each_group_has_its_own_raw_configuration(
    launch: Callable[..., Cluster], alice: User, research: Team
) -> None:
    from configurations.services.templates import create_template

    version = create_template(team=research, name="raw", text=RAW, message="First.", by=alice)
    cluster = launch("raw", of=version)
    Head(cluster).pass_by()
    cluster.refresh_from_db()
    found = {
        group.name: specification(rows.add_nodes(cluster, group, count=1)[0])
        for group in cluster.groups.exclude(role="head")
    }
    told = {name: spec.raw for name, spec in found.items()}
    assert told == {"cpu": {"Own": "own"}, "more": {"Own": "shared"}}
    head = specification(cluster.nodes.get(role="head"))
    assert head.raw == {"Own": "shared"}
    assert head.flags == {"efa_config": {"device_count": 1}}


@pytest.fixture
def world(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An account of AWS behind the cluster's cloud; all machines are of one type that it has."""
    world = World()
    rewrite_versions(location="rayproject/ray:2.60.0")
    with cloud.running(world) as running:
        for place in ("machines", "loop"):
            monkeypatch.setattr(
                f"clusters.reconcile.{place}.specification",
                lambda node, **told: replace(
                    specification(node, **told), instance_type="m5.large", zone=""
                ),
            )
        account = Account(
            kind=ProviderKind.AWS, id="1", home=tmp_path, region="us-east-1",
            settings={"endpoint": running.url},
            credentials={"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "x"},
        )  # fmt: skip
        driver = AwsDriver(read_account(account), root=tmp_path, max_age=0)
        monkeypatch.setattr("providers.registry.open_driver", lambda _account: driver)
        yield world


def started(cluster: Cluster) -> Head:
    """The cluster up and running."""
    head = Head(cluster)
    for _ in range(3):
        head.pass_by()
    head.report()
    head.pass_by()
    assert head.state == "running"
    return head


def workers_of(cluster: Cluster) -> list[Node]:
    """All workers that the cluster ever had."""
    return list(cluster.nodes.filter(role="worker").order_by("pk"))


def catch_up(cluster: Cluster) -> None:
    """Let so much time pass that EC2's list is taken to be complete."""
    cluster.nodes.update(launched_at=now() - timedelta(minutes=3))


def test_a_cluster_lives_and_ends_on_ec2(world: World, cluster: Cluster, alice: User) -> None:
    from clusters.services.operating import terminate_cluster

    head = started(cluster)
    head.wants(4, CPU=1.0)
    head.report()
    head.pass_by()
    head.pass_by()
    workers = head.nodes()
    assert {node.state for node in workers} == {"booting"}
    assert len(world.alive()) == 1 + len(workers)
    assert world.count()["RunInstances"] == 2
    terminate_cluster(cluster, by=alice)
    head.pass_by()
    assert not world.alive()
    catch_up(cluster)
    for _ in range(3):
        head.pass_by()
    cluster.refresh_from_db()
    assert cluster.state == "terminated"
    assert not world.alive()
    assert not world.groups


def test_what_ec2_does_not_have_ends_its_rows_and_nothing_else(
    world: World, cluster: Cluster
) -> None:
    head = started(cluster)
    for zone in "abc":
        world.capacity["m5.large", f"us-east-1{zone}", "on-demand"] = int(zone == "a")
    added(head, 3)
    head.pass_by()
    assert [node.state for node in workers_of(cluster)][1:] == ["terminating", "terminating"]
    catch_up(cluster)
    head.pass_by()
    states = [node.state for node in workers_of(cluster)]
    assert states == ["booting", "terminated", "terminated"]
    assert len(world.alive()) == 2


def test_a_worker_that_is_killed_in_its_launch_leaves_no_machine_unclaimed(
    world: World, cluster: Cluster, driver: FakeDriver
) -> None:
    head = started(cluster)
    added(head, 3)
    world.fail("RunInstances", takes_effect=True, times=99)
    head.pass_by()
    assert len(world.alive()) == 4
    world.faults.clear()
    head.pass_by()
    assert {node.state for node in head.nodes()} == {"booting"}
    assert len(world.alive()) == 4
