"""Clusters with a past: their rows, ledger and samples, written as the product writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.timezone import now

if TYPE_CHECKING:
    from accounts.models import Team, User
    from clusters.models import Cluster, Group, Node

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
GIB = 2**30
CORES, MEMORY = 8, 32 * GIB
HOURLY = 400_000  # micro-dollars of one node


def make_cluster(name: str, *, team: Team, owner: User, **report: Any) -> Cluster:
    """Return a running cluster of the template `train`; its agent has just sent `report`."""
    from clouds.models import Cloud
    from clusters import runs
    from clusters.models import Cluster
    from configurations.models import Template, Version
    from images.models import Image, ImageVersion

    cloud, _ = Cloud.objects.get_or_create(name="this machine", provider="local")
    cloud.teams.add(team)
    image, _ = Image.objects.get_or_create(name="ray")
    ray, _ = ImageVersion.objects.get_or_create(
        image=image, number=1, ray_version="2.60.0", python_version="3.13", location="/opt/ray"
    )
    template, _ = Template.objects.get_or_create(
        team=team, name="train", defaults={"created_by": owner}
    )
    version, _ = Version.objects.get_or_create(
        template=template, number=1, defaults={"author": owner, "message": "first"}
    )
    cluster = Cluster(
        name=name,
        team=team,
        owner=owner,
        cloud=cloud,
        version=version,
        image_version=ray,
        state="running",
        idle_minutes=30,
    )
    with transaction.atomic():
        runs.begin(cluster)
        cluster.save()
    cluster.runs.update(agent_seen_at=now(), **report)
    cluster.run.refresh_from_db()
    return cluster


def make_group(cluster: Cluster, name: str = "cpu") -> Group:
    """Return a group of workers, or the head's, of the cluster."""
    role = "head" if name == "head" else "worker"
    return cluster.groups.create(
        name=name,
        role=role,
        position=cluster.groups.count(),
        instance_type="8CPU-32GB",
        vcpus=CORES,
        memory_bytes=MEMORY,
        min_nodes=0,
        max_nodes=10,
    )


def make_node(group: Group, *, started: datetime, ended: datetime | None = None) -> Node:
    """Return a node that cost `HOURLY` from `started` on; it was ready after one minute."""
    from metering import ledger

    cluster = group.cluster
    number = cluster.nodes.count()
    node = cluster.nodes.create(
        name=f"{cluster.handle}-{number}",
        group=group,
        run=cluster.run,
        role=group.role,
        state="terminated" if ended else "ready",
        hourly_microusd=HOURLY,
        requested_at=started,
        ready_at=started + MINUTE,
        ended_at=ended,
    )
    ledger.open_interval(
        node=node.name,
        cluster_id=cluster.pk,
        cluster_name=cluster.name,
        team_id=cluster.team_id,
        template_id=cluster.version.template_id,
        template_name=cluster.version.template.name,
        owner_id=cluster.owner_id,
        owner_name=str(cluster.owner),
        group=group.name,
        role=group.role,
        instance_type=group.instance_type,
        market="on_demand",
        vcpus=group.vcpus,
        memory_bytes=group.memory_bytes,
        gpus=group.gpus,
        hourly_microusd=HOURLY,
        started_at=started,
    )
    ledger.mark_ready(node.name, at=started + MINUTE)
    if ended:
        ledger.close_interval(node.name, ended_at=ended)
    return node


def measure(nodes: Sequence[Node], *, since: datetime, until: datetime, step: timedelta) -> None:
    """Record samples of all nodes and roll them up; use goes up and down over the hours."""
    from metering.rollups import roll_up
    from metering.samples import Sample, record
    from metering.windows import refresh

    moments = [since + index * step for index in range(int((until - since) / step))]
    for cluster_id in {node.cluster_id for node in nodes}:
        mine = [node for node in nodes if node.cluster_id == cluster_id]
        record(
            cluster_id, [sample_of(Sample, n, at, i) for at in moments for i, n in enumerate(mine)]
        )
    roll_up(until)
    refresh(until)


def sample_of(kind: Any, node: Node, at: datetime, index: int) -> Any:
    """Return what `node` does at `at`: a wave, shifted for each node."""
    wave = abs((at.minute + 60 * at.hour + 17 * index) % 120 - 60) / 60
    return kind(
        node=node.name,
        at=at,
        cpu_capacity=CORES,
        cpu_held=round(6 * wave) + 1,
        cpu_used=5.5 * wave + 0.3,
        memory_capacity=MEMORY,
        memory_held=12 * GIB,
        memory_used=(4 + 14 * wave) * GIB,
        object_store_capacity=9 * GIB,
        object_store_used=5 * wave * GIB,
        disk_used=80 * GIB,
        disk_read_bps=2e7 * wave,
        disk_write_bps=9e6 * wave,
        net_in_bps=6e7 * wave,
        net_out_bps=2e7 * wave,
    )
