"""A cloud with a queue, in an account of a demo AWS on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mobula.demo_cloud.aws import cloud as accounts
from mobula.demo_cloud.aws.world import World
from tests.clusters.orphans.conftest import account, cloud, head, world
from tests.clusters.orphans.things import launched
from tests.providers.aws.notices.events import QUEUE, event

if TYPE_CHECKING:
    from clouds.models import Cloud
    from clusters.models import Node

__all__ = ["account", "cloud", "head", "world"]


@pytest.fixture
def listening(cloud: Cloud, account: accounts.Cloud, world: World) -> Cloud:
    """The cloud, with a queue."""
    world.queues["mobula"] = {}
    cloud.settings = {"endpoint": account.url, "interruption_queue": QUEUE}
    cloud.settings_version += 1
    cloud.save()
    return cloud


@pytest.fixture
def worker(head: Node, listening: Cloud) -> Node:
    """A spot worker of alice's cluster, whose row is ready."""
    from clusters.models import Node

    return Node.objects.create(
        name=f"{head.cluster.handle}-2", cluster=head.cluster, market="spot", state="ready",
        group=head.cluster.groups.get(role="worker"), run_id=head.run_id, role="worker",
        instance_type="m5.large", zone="us-east-1a",
    )  # fmt: skip


@pytest.fixture
def sent(worker: Node, world: World) -> Callable[..., str]:
    """Send an event about the worker's machine, or about another instance."""
    machine = launched(world, worker.name)

    def send(kind: str, instance: str = machine.id, **more: str) -> str:
        world.send("mobula", event(kind, instance, **more))
        return instance

    return send
