"""What nothing needs is found; what a live node or cluster needs is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from clouds.models import Cloud
from clusters.models import Cluster, Node, Orphan, OrphanSearch
from clusters.orphans import places, tasks
from clusters.orphans.shown import cost_of, left
from clusters.schedule import CELERY_BEAT
from domain.orphans import GRACE
from mobula.demo_cloud.aws.world import Interface, SecurityGroup, Volume, World
from providers.aws.tags import INSTALLATION
from tests.cast import make_cloud
from tests.clusters.orphans.things import found, launched, tagged

pytestmark = pytest.mark.django_db


def kinds(orphans: list[Orphan]) -> list[str]:
    return [orphan.kind for orphan in orphans]


def test_an_instance_without_a_row_is_found_with_all_that_it_has(
    cloud: Cloud, world: World
) -> None:
    machine = launched(world, "c0000001-3")
    orphans = found(cloud)
    assert kinds(orphans) == ["instance", "network_interface", "volume"]
    instance, interface, volume = orphans
    assert (instance.resource_id, instance.name) == (machine.id, "c0000001-3")
    assert (instance.handle, instance.provider_state) == ("c0000001", "running")
    assert instance.described == "m5.large On-demand"
    assert volume.provider_state == f"in-use by {machine.id}"
    assert volume.described == "8 GiB gp3"
    assert interface.daily_microusd == 0
    assert volume.daily_microusd is None


def test_what_a_live_node_needs_is_claimed(cloud: Cloud, world: World, head: Node) -> None:
    launched(world, head.name)
    group = SecurityGroup(
        id="sg-1", name="g", vpc="v", description="", tags=tagged(head.cluster.handle)
    )
    world.groups[group.id] = group
    assert found(cloud) == []
    assert OrphanSearch.objects.get(cloud=cloud).error == ""


def test_what_ended_a_short_while_ago_is_claimed(cloud: Cloud, world: World, head: Node) -> None:
    launched(world, head.name)
    ended = Node.objects.filter(pk=head.pk)
    ended.update(state="terminated", ended_at=now() - GRACE + timedelta(minutes=1))
    assert found(cloud) == []
    ended.update(ended_at=now() - GRACE - timedelta(minutes=1))
    assert "instance" in kinds(found(cloud))


def test_groups_are_claimed_by_clusters_of_the_same_cloud(
    cloud: Cloud, world: World, head: Node
) -> None:
    tags = tagged(head.cluster.handle)
    world.groups["sg-1"] = SecurityGroup(id="sg-1", name="g", vpc="v", description="", tags=tags)
    assert found(cloud) == []
    elsewhere = make_cloud("elsewhere", provider="fake")
    rows = Cluster.objects.filter(pk=head.cluster_id)
    rows.update(cloud=elsewhere)  # started on its next cloud resource
    assert kinds(found(cloud)) == ["security_group"]
    rows.update(cloud=cloud, state="terminated", state_since=now())
    assert found(cloud) == []
    rows.update(state_since=now() - GRACE)
    assert kinds(found(cloud)) == ["security_group"]


def test_a_volume_that_no_instance_has_is_found_though_its_cluster_lives(
    cloud: Cloud, world: World, head: Node
) -> None:
    tags = tagged(head.cluster.handle)
    world.volumes["vol-1"] = Volume(id="vol-1", size=9, tags=tags)
    assert kinds(found(cloud)) == ["volume"]


def test_what_is_new_is_no_orphan_yet(cloud: Cloud, world: World) -> None:
    world.now[0] = now().timestamp() - GRACE.total_seconds() + 60  # type: ignore[attr-defined]
    launched(world, "c0000001-3")
    assert len(found(cloud)) == 3
    assert not left().exists()
    world.now[0] -= 120  # type: ignore[attr-defined]
    launched(world, "c0000001-4")
    found(cloud)
    assert set(left().values_list("kind", flat=True)) == {"instance", "volume"}


def test_what_has_no_age_is_an_orphan_some_time_after_it_was_first_seen(
    cloud: Cloud, world: World
) -> None:
    world.interfaces["eni-1"] = Interface(id="eni-1", tags=tagged("c0000001"))
    [seen] = found(cloud)
    assert seen.orphan_from == seen.seen_at + GRACE
    assert not left().exists()
    before = seen.first_seen_at - GRACE
    Orphan.objects.update(first_seen_at=before, orphan_from=before + GRACE)
    [again] = found(cloud)
    assert again.first_seen_at == before  # another search does not make it younger
    assert left().count() == 1


def test_other_installations_are_not_seen(cloud: Cloud, world: World) -> None:
    launched(world, "c0000001-3", installation="another")
    world.volumes["vol-1"] = Volume(id="vol-1", size=9, tags={})
    world.volumes["vol-2"] = Volume(id="vol-2", size=9, tags={INSTALLATION: "default"})
    assert found(cloud) == []


def test_what_went_or_is_claimed_again_is_forgotten(
    cloud: Cloud, world: World, head: Node, volume: Volume
) -> None:
    launched(world, head.name)
    Node.objects.filter(pk=head.pk).update(state="terminated", ended_at=now() - 2 * GRACE)
    assert len(found(cloud)) == 4
    del world.volumes[volume.id]
    Node.objects.filter(pk=head.pk).update(state="ready", ended_at=None)  # a restored backup
    assert found(cloud) == []


def test_a_provider_that_refuses_keeps_what_was_known(
    cloud: Cloud, world: World, volume: Volume
) -> None:
    assert len(found(cloud)) == 1
    del world.volumes[volume.id]
    world.fail("DescribeVolumes", "UnauthorizedOperation", status=403)
    assert len(found(cloud)) == 1
    search = OrphanSearch.objects.get(cloud=cloud)
    assert "IAM policy" in search.error
    assert search.succeeded_at is not None
    assert search.succeeded_at < search.at
    assert found(cloud) == []
    assert OrphanSearch.objects.get(cloud=cloud).error == ""


def test_a_cloud_that_cannot_be_opened_is_told(cloud: Cloud) -> None:
    Cloud.objects.filter(pk=cloud.pk).update(settings={"vpc": "nonsense"}, settings_version=2)
    assert found(cloud) == []
    assert "vpc" in OrphanSearch.objects.get(cloud=cloud).error


def test_a_provider_without_an_inventory_is_left_out(db: None) -> None:
    assert found(make_cloud("paper", provider="fake")) == []
    assert not OrphanSearch.objects.exists()


def test_a_cloud_that_was_removed_meanwhile_is_no_error(db: None) -> None:
    tasks.search.apply(args=(999,)).get()


def test_two_clouds_of_one_account_and_region_are_one_place(
    cloud: Cloud, world: World, volume: Volume
) -> None:
    twin = make_cloud("twin", provider="aws", region="us-east-1", settings=cloud.settings)
    assert len(found(cloud)) == 1
    assert found(twin) == []
    assert Orphan.objects.count() == 1


def test_each_cloud_with_a_driver_is_searched(
    cloud: Cloud, volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cloud("k8s", provider="kubernetes", region="here")
    asked: list[Any] = []
    monkeypatch.setattr(tasks.search, "apply_async", lambda args, **_: asked.append(args))
    tasks.find.apply().get()
    assert (cloud.pk,) in asked
    assert len(asked) == len(places.searchable())
    assert CELERY_BEAT["find-orphans"]["schedule"] == 600.0


@pytest.mark.parametrize(
    ("asked", "zone", "state"),
    [
        ({}, "us-east-1a", "running"),
        ({"InstanceMarketOptions": {"MarketType": "spot"}}, "us-east-1a", "running"),
        ({}, "us-east-1a", "stopped"),
    ],
    ids=["on demand", "spot", "stopped"],
)
def test_an_instance_costs_what_the_catalog_says(
    cloud: Cloud, world: World, asked: dict[str, Any], zone: str, state: str,
    price: Callable[..., None],
) -> None:  # fmt: skip
    price("0.1", market="on_demand")
    price("0.04", market="spot")
    price("0.05", market="spot", zone=zone)
    machine = launched(world, "c0000001-3", **asked)
    machine.stopped = state == "stopped"
    instance = found(cloud)[0]
    expected = {"stopped": 0, "running": 1_200_000 if asked else 2_400_000}[state]
    assert instance.daily_microusd == expected


def test_unknown_prices_are_counted_and_not_made_up(
    cloud: Cloud, world: World, volume: Volume
) -> None:
    launched(world, "c0000001-3", InstanceType="p4d.24xlarge")
    found(cloud)
    cost = cost_of(left())
    assert cost.count == 3  # the interface is not old enough yet
    assert cost.unpriced >= 2


@pytest.fixture
def price(cloud: Cloud) -> Callable[..., None]:
    """Put a price of m5.large into the catalog, as a refresh does."""
    from clouds.models import CataloguePrice, CatalogueRefresh, CatalogueType

    CatalogueRefresh.objects.create(
        provider="aws", region="us-east-1", state="done", started_at=now(), finished_at=now()
    )
    CatalogueType.objects.create(
        provider="aws", region="us-east-1", name="m5.large", vcpus=2, memory_bytes=8 * 2**30,
        arch="x86_64", zones=["us-east-1a"], has_spot=True, has_efa=False, can_cluster=True,
    )  # fmt: skip

    def priced(dollars: str, *, market: str, zone: str = "") -> None:
        CataloguePrice.objects.create(
            provider="aws", region="us-east-1", instance_type="m5.large", market=market,
            zone=zone, usd_per_hour=dollars, as_of=now().date(), source="test", quality="cloud",
        )  # fmt: skip

    return priced
