"""A head is launched in a zone that its configuration and account allow, and then in the next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clusters.models import Cluster
from clusters.reconcile import zones
from clusters.scaling.cooldowns import cooling_of
from configurations.targets import target_for
from domain.lifecycle import ClusterState, EndCause
from providers.failure_plan import PlannedFailure
from providers.fake.driver import FakeDriver
from tests.cast import make_cloud
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The two zones of the region, in both of which the account has a subnet."""
    target = target_for(cluster.cloud)
    found = sorted(target.zones or ())
    assert len(found) == 2
    connected = replace(target, connected_zones=frozenset(found))
    monkeypatch.setattr(zones, "target_for", lambda _: connected)
    return found


def zones_of_heads(head: Head) -> list[str]:
    """The zones of all heads that there were."""
    return [node.zone for node in head.cluster.nodes.filter(role="head").order_by("pk")]


def test_without_subnets_or_zones_the_provider_chooses(cluster: Cluster) -> None:
    head = Head(cluster)
    head.pass_by()
    assert zones_of_heads(head) == [""]


def test_with_subnets_it_is_launched_in_the_first_of_their_zones(
    cluster: Cluster, both: list[str]
) -> None:
    head = Head(cluster)
    head.pass_by()
    assert zones_of_heads(head) == both[:1]


def test_without_capacity_it_is_launched_in_the_next_zone(
    cluster: Cluster, driver: FakeDriver, both: list[str]
) -> None:
    driver.plan_failure(PlannedFailure(zone=both[0]))
    head = Head(cluster)
    for _ in range(6):
        head.pass_by()
        head.report()
    assert head.state == ClusterState.RUNNING
    assert zones_of_heads(head) == both
    first = head.cluster.nodes.filter(role="head").earliest("pk")
    assert (first.state, first.end_cause) == ("terminated", EndCause.START_FAILED)
    assert [zone for _, zone, _ in cooling_of(head.cluster)] == both[:1]
    told = [event.message for event in head.cluster.events.all() if "Starting the" in event.message]
    assert len(told) == 1
    assert told[0].startswith(f"Starting the head node in {both[1]}: ")


def test_another_cluster_goes_where_there_is_capacity_at_once(
    cluster: Cluster, driver: FakeDriver, both: list[str]
) -> None:
    head = Head(cluster)
    driver.plan_failure(PlannedFailure(zone=both[0], times=1))
    for _ in range(3):
        head.pass_by()
    Cluster.objects.filter(pk=cluster.pk).update(run=cluster.run)
    assert zones.zone_for(cluster, cluster.groups.get(role="head")) == both[0]  # all were tried
    head.cluster.nodes.all().delete()
    assert zones.zone_for(cluster, cluster.groups.get(role="head")) == both[1]


def test_each_zone_is_tried_once_and_the_last_one_is_waited_for(
    cluster: Cluster, driver: FakeDriver, both: list[str]
) -> None:
    driver.plan_failure(PlannedFailure())
    head = Head(cluster)
    for _ in range(10):
        head.pass_by()
    assert zones_of_heads(head) == both
    assert head.state == ClusterState.STARTING
    assert [node.state for node in head.nodes(role="head")] == ["launching"]


def test_zones_of_the_configuration_come_first(
    cluster: Cluster, both: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = zones.configuration_of(cluster).model_copy(update={"zones": (both[1],)})
    monkeypatch.setattr(zones, "configuration_of", lambda _: config)
    head = Head(cluster)
    head.pass_by()
    assert zones_of_heads(head) == [both[1]]


def test_the_zones_of_a_cloud_are_those_of_its_subnets() -> None:
    settings = {"subnets": {"us-east-1b": "subnet-0000001b", "us-east-1c": "subnet-0000001c"}}
    aws = make_cloud("aws", provider="aws", region="us-east-1", settings=settings)
    assert target_for(aws).connected_zones == {"us-east-1b", "us-east-1c"}
    for other in ({}, {"subnets": "subnet-0000001b"}):
        aws.settings = other
        assert target_for(aws).connected_zones == frozenset()
