"""What tests put into an account, and how workers look for orphans and remove them."""

from __future__ import annotations

from datetime import timedelta

from clouds.models import Cloud, Installation
from clusters.models import Orphan
from clusters.orphans import removal
from clusters.orphans.search import search
from mobula.demo_cloud.aws.instances import run_instances
from mobula.demo_cloud.aws.world import Instance, World
from providers.aws import tags


def tagged(handle: str, *, installation: str = "", batch: str = "") -> dict[str, str]:
    """The tags of a resource of a cluster."""
    own = tags.of_cluster(handle, installation or Installation.objects.own_key())
    return own | ({tags.BATCH: batch} if batch else {})


def launched(world: World, node: str, *, installation: str = "", **asked: object) -> Instance:
    """Launch the instance of a node past Mobula; its volume and interface have the same tags."""
    handle = node.rpartition("-")[0]
    rows = list(tags.rows(tagged(handle, installation=installation, batch=node)))
    kinds = ("instance", "volume", "network-interface")
    before = set(world.instances)
    run_instances(
        world,
        {
            "ImageId": "ami-000000c1",
            "InstanceType": "m5.large",
            "MinCount": 1,
            "MaxCount": 1,
            "TagSpecifications": [{"ResourceType": kind, "Tags": rows} for kind in kinds],
            **asked,
        },
    )
    [name] = set(world.instances) - before
    return world.instances[name]


def found(cloud: Cloud) -> list[Orphan]:
    """Search the cloud, and return what was found."""
    search(cloud.pk)
    return list(Orphan.objects.filter(cloud=cloud).order_by("kind", "resource_id"))


def step(orphan: Orphan) -> Orphan:
    """Do the next step of a removal now, and return what became of the orphan."""
    from django.utils.timezone import now

    past = now() - timedelta(seconds=1)
    Orphan.objects.filter(pk=orphan.pk, state="removing").update(next_step_at=past)
    removal.step(orphan.pk)
    orphan.refresh_from_db()
    return orphan
