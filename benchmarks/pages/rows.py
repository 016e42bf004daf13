"""A month of a busy installation, written straight into the tables: 200 clusters, 2,000 nodes.

With MOBULA_BENCH_CLUSTERS=2000 it is 20,000 nodes; of the clusters past the first 200 only those
rows are written that a page or a roll-up of a range reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Team, User
from benchmarks.pages.rollups import (
    CLUSTERS,
    DAYS,
    HOURLY,
    SHARE,
    TEMPLATES,
    WORKERS,
    write_costs,
    write_rollups,
    write_teams,
)
from clouds.models import Cloud
from clusters.models import Cluster, Event, Group, Job, JobLog, Node, Run, ScalingDecision
from configurations.models import Version
from configurations.services.templates import create_template
from domain.lifecycle import ClusterState, NodeState
from images.models import ImageVersion
from metering.models import Interval

EVENTS, DECISIONS, JOBS = 100 // SHARE, 50 // SHARE, 20 // min(SHARE, 10)  # of each cluster
GIB = 2**30
TEXT = """\
cloud: local
head_node:
  instance_type: 4CPU-16GB
worker_nodes:
  - name: cpu
    instance_type: 8CPU-32GB
    max_nodes: 20
"""


def fill(team: Team, owner: User, *, now: datetime) -> None:
    """Write a month of clusters with a head and nine workers each, which run to this day."""
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    clusters = _clusters(team, owner, start=start, now=now)
    _histories(clusters, owner)
    Interval.objects.bulk_create(_intervals(start, now=now))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # millions of rows, all ours
    write_costs()
    write_rollups(clusters[0], start=start, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
    write_teams(start, now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _clusters(team: Team, owner: User, *, start: datetime, now: datetime) -> list[Cluster]:
    versions = [_version(team, owner, f"template-{n}") for n in range(TEMPLATES)]
    cloud, image = Cloud.objects.get(name="local"), ImageVersion.objects.latest("pk")
    clusters = [
        Cluster(
            name=f"cluster-{number}",
            handle=f"c{number:07x}",
            team=team,
            owner=owner,
            cloud=cloud,
            version=versions[number % TEMPLATES],
            image_version=image,
            state=ClusterState.RUNNING,
            idle_minutes=30,
            next_node=WORKERS + 1,
        )
        for number in range(CLUSTERS)
    ]
    with transaction.atomic():  # each names the other: compared at the end
        for cluster in clusters:
            cluster.run = _run(cluster, start=start, now=now)
        Run.objects.bulk_create(cluster.run for cluster in clusters)
        Cluster.objects.bulk_create(clusters)
    for role, position in (("head", 0), ("worker", 1)):
        groups = Group.objects.bulk_create(_group(c, role, position) for c in clusters)
        Node.objects.bulk_create(node for group in groups for node in _nodes(group, start=start))
    return clusters


def _run(cluster: Cluster, *, start: datetime, now: datetime) -> Run:
    return Run(
        cluster=cluster,
        number=1,
        started_at=start,
        agent_seen_at=now + timedelta(days=1),
        demand_at=now,
        demand={"shapes": [], "gangs": [], "standing_requests": []},
        drivers=1,
    )


def _version(team: Team, owner: User, name: str) -> Version:
    return create_template(team=team, name=name, text=TEXT, message="First.", by=owner)


def _group(cluster: Cluster, role: str, position: int) -> Group:
    return Group(
        cluster=cluster,
        name="head" if role == "head" else "cpu",
        role=role,
        position=position,
        instance_type="8CPU-32GB",
        vcpus=8,
        memory_bytes=32 * GIB,
        resources={"CPU": 8},
        min_nodes=1,
        max_nodes=20,
    )


def _nodes(group: Group, *, start: datetime) -> Iterator[Node]:
    numbers = range(1) if group.role == "head" else range(1, WORKERS + 1)
    for number in numbers:
        yield Node(
            name=f"{group.cluster.handle}-{number}",
            cluster=group.cluster,
            group=group,
            run=group.cluster.run,
            role=group.role,
            state=NodeState.READY,
            hourly_microusd=HOURLY,
            requested_at=start,
            launched_at=start,
            booted_at=start,
            ready_at=start,
            ray_node_id=f"{number:056x}",
            idle_since=start if number % 3 == 0 else None,
            total={"CPU": 8, "memory": 32 * GIB},
            free={"CPU": 4, "memory": 16 * GIB},
        )


def _histories(clusters: list[Cluster], owner: User) -> None:
    many: dict[str, Any] = {"batch_size": 2_000}
    Event.objects.bulk_create(
        (
            Event(cluster=c, kind="cluster.resized", message=f"Event {n}.", actor=owner)
            for c in clusters
            for n in range(EVENTS)
        ),
        **many,
    )
    ScalingDecision.objects.bulk_create(
        (
            ScalingDecision(cluster=c, kind="launch", group="cpu", count=2, reason=f"Reason {n}.")
            for c in clusters
            for n in range(DECISIONS)
        ),
        **many,
    )
    jobs = Job.objects.bulk_create(
        (
            Job(
                cluster=c,
                run=c.run,
                submission_id=f"job-{n}",
                status="SUCCEEDED",
                log_bytes=64 * 1024,
            )
            for c in clusters
            for n in range(JOBS)
        ),
        **many,
    )
    line = "a line of a job's log, as long as such lines are\n"
    text = (line * (1 + 64 * 1024 // len(line)))[: 64 * 1024]
    JobLog.objects.bulk_create(
        JobLog(job=job, cluster_id=job.cluster_id, offset=0, size=len(text), text=text)
        for job in jobs[:50]
    )


def _intervals(start: datetime, *, now: datetime) -> Iterator[Interval]:
    rows = Node.objects.select_related("cluster__version__template", "cluster__owner", "group")
    for node in rows:
        cluster = node.cluster
        yield Interval(
            node=node.name,
            cluster_id=cluster.pk,
            cluster_name=cluster.name,
            team_id=cluster.team_id,
            template_id=cluster.version.template_id,
            template_name=cluster.version.template.name,
            owner_id=cluster.owner_id,
            owner_name=str(cluster.owner),
            group=node.group.name,
            role=node.role,
            instance_type=node.group.instance_type,
            market=node.market,
            vcpus=8,
            memory_bytes=32 * GIB,
            gpus=0,
            hourly_microusd=HOURLY,
            started_at=start,
            ready_at=start,
            posted_until=now,
        )
