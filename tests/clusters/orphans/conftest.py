"""A cloud on AWS whose account is a demo AWS on this machine, and what is in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mobula.demo_cloud.aws import cloud as accounts
from mobula.demo_cloud.aws.world import Volume, World
from providers.registry import open_driver
from tests.cast import make_cloud
from tests.clusters.orphans.things import tagged

if TYPE_CHECKING:
    from clouds.models import Cloud
    from clusters.models import Cluster, Node


@pytest.fixture
def world() -> World:
    """What is in the account; its clock stands still unless a test moves it."""
    now = [1_790_000_000.0]  # some hours ago
    world = World(clock=lambda: now[0])
    world.now = now  # type: ignore[attr-defined]
    return world


@pytest.fixture
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[accounts.Cloud]:
    """The account, running; this machine's own AWS settings are not seen."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setattr("providers.aws.calls.FIRST_PAUSE_SECONDS", 0.001)
    with accounts.running(world) as running:
        yield running


@pytest.fixture
def cloud(db: None, account: accounts.Cloud) -> Iterator[Cloud]:
    """The cloud of that account."""
    open_driver.cache_clear()
    yield make_cloud("aws", provider="aws", region="us-east-1", settings={"endpoint": account.url})
    open_driver.cache_clear()


@pytest.fixture
def volume(cloud: Cloud, world: World) -> Volume:
    """A volume that nothing needs."""
    volume = Volume(id="vol-0000000a", size=50, created_at=world.clock(), tags=tagged("c0000001"))
    world.volumes[volume.id] = volume
    return volume


@pytest.fixture
def head(cluster: Cluster, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Node:
    """The head's row of alice's cluster, on that cloud."""
    from clusters.models import Node

    monkeypatch.setattr("providers.registry.open_driver", open_driver)  # not the fake one
    type(cluster).objects.filter(pk=cluster.pk).update(cloud=cloud)
    group = cluster.groups.get(role="head")
    return Node.objects.create(
        name=f"{cluster.handle}-1", cluster=cluster, group=group, run_id=cluster.run_id,
        role="head", state="ready",
    )  # fmt: skip
