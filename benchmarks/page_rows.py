"""A month of a busy installation, written straight into the tables: 200 clusters, 2,000 nodes.

With MOBULA_BENCH_CLUSTERS=2000 it is 20,000 nodes; of the clusters past the first 200 only those
rows are written that a page or a roll-up of a range reads.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.db import connection, transaction

from accounts.models import Team, User
from clouds.models import Cloud
from clusters.models import Cluster, Event, Group, Job, JobLog, Node, Run, ScalingDecision
from configurations.models import Version
from configurations.services.templates import create_template
from domain.lifecycle import ClusterState, NodeState
from images.models import ImageVersion
from metering import windows
from metering.measures import MEASURES, WITH_P95
from metering.models import PARTS, Interval
from retention.partitions import ensure
from retention.tables import ROLLUP_1H, ROLLUP_1M, ROLLUP_5M, TEAM_1H, TEAM_1M, TEAM_5M

CLUSTERS = int(os.environ.get("MOBULA_BENCH_CLUSTERS", "200"))
WORKERS, DAYS, TEMPLATES = 9, 30, 15
USUAL = 200  # up to so many clusters everything is written
SHARE = max(1, CLUSTERS // USUAL)
EVENTS, DECISIONS, JOBS = 100 // SHARE, 50 // SHARE, 20 // min(SHARE, 10)  # of each cluster
GIB = 2**30
HOURLY = 400_000  # micro-dollars of one node
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
    _costs()
    _rollups(clusters[0], start=start, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
    _teams(start, now=now)
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


def _costs() -> None:
    """Write the hours of every node up to the last full one, and their sums by day."""
    part = HOURLY // len(PARTS)
    names = """cluster_name, team_id, template_id, template_name, owner_id, owner_name,
        "group", role, market"""
    amounts = ", ".join(f"{part} * count(*)" for _ in PARTS)
    hours = """generate_series(started_at, posted_until - interval '1 hour', '1 hour') AS hour"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO metering_costhour
                    (interval_id, cluster_id, hour, day, seconds, total, {", ".join(PARTS)})
                SELECT id, cluster_id, hour, (hour AT TIME ZONE 'UTC')::date, 3600,
                    {part * len(PARTS)}, {", ".join(str(part) for _ in PARTS)}
                FROM metering_interval, {hours}
                WHERE substr(cluster_name, 9)::int < {USUAL}
                    OR hour > posted_until - interval '27 hours'"""  # noqa: S608 - of constants
        )
        cursor.execute(
            f"""INSERT INTO metering_costday (day, cluster_id, {names}, priced, seconds, total,
                    {", ".join(PARTS)})
                SELECT (hour AT TIME ZONE 'UTC')::date AS day, cluster_id, {names}, true,
                    3600 * count(*), {part * len(PARTS)} * count(*), {amounts}
                FROM metering_interval, {hours}
                GROUP BY day, cluster_id, {names}"""  # noqa: S608 - of constants
        )


def _teams(start: datetime, *, now: datetime) -> None:
    """Roll up by team what was written of clusters, as the migration does for what is there."""
    days = [start + timedelta(days=day) for day in range(DAYS + 2)]
    for partitioned in (TEAM_1M, TEAM_5M, TEAM_1H):
        ensure(partitioned, days)
    teams = import_module("metering.migrations.0005_teams")
    sums = [teams.sums(step) for step in ("1m", "5m")]
    sums += [teams.long_sums(step) for step in ("1h", "1d")]
    with connection.cursor() as cursor:
        for statement in (teams.CLUSTERS, *sums, teams.COST, "ANALYZE"):
            cursor.execute(statement)
    began = time.perf_counter()
    windows.refresh(now)
    print(f"the ranges of use are computed in {time.perf_counter() - began:.1f} s", flush=True)


def _rollups(first: Cluster, *, start: datetime, now: datetime) -> None:
    """Write the month's roll-ups; of single nodes in full for `first`, for the others a part.

    Pages read single nodes of one cluster only, by key.
    """
    days = [start + timedelta(days=day) for day in range(DAYS + 2)]
    for partitioned in (ROLLUP_1M, ROLLUP_5M, ROLLUP_1H):
        ensure(partitioned, days)
    week, hours = now - timedelta(days=7), now - timedelta(hours=6)
    oldest = max(start, ROLLUP_5M.oldest(now))
    if CLUSTERS > USUAL:
        week, oldest = now - timedelta(hours=2), now - timedelta(days=2)
    everything, whole = ("AND true", []), ("AND node = ''", [])
    of_first = ("AND node <> '' AND cluster_id = %s", [first.pk])
    others = ("AND node <> '' AND cluster_id <> %s", [first.pk])
    _rollup("1d", "1 day", start.replace(hour=0), now, everything)
    for table, length, since, recent in (
        ("1h", "1 hour", start, week),
        ("5m", "5 minutes", oldest, hours if CLUSTERS <= USUAL else now),
        ("1m", "1 minute", hours - timedelta(hours=1), now),
    ):
        _rollup(table, length, since, now, whole)
        _rollup(table, length, since, now, of_first)
        _rollup(table, length, recent, now, others)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO metering_intake (cluster_id, accepted, last_at)
               SELECT id, 1000000, %s FROM clusters_cluster""",
            [now],
        )


def _rollup(
    step: str, length: str, since: datetime, until: datetime, which: tuple[str, list[object]]
) -> None:
    names = [f"{measure}_{kind}" for measure in MEASURES for kind in ("mean", "max")]
    names += [] if step == "1m" else [f"{measure}_p95" for measure in WITH_P95]
    condition, values = which
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO metering_rollup_{step}
                    (cluster_id, node, bucket, samples, {", ".join(names)})
                SELECT cluster_id, node, bucket, 60, {", ".join("amount" for _ in names)}
                FROM (SELECT random() * 8 AS amount,
                          date_bin(%s::interval, moment, 'epoch') AS bucket
                      FROM generate_series(%s::timestamptz, %s, %s::interval) AS moment
                ) AS buckets, (
                    SELECT id AS cluster_id, '' AS node FROM clusters_cluster
                    UNION ALL SELECT cluster_id, name FROM clusters_node
                ) AS everybody
                WHERE true {condition}""",  # noqa: S608 - of constants
            [length, since, until, length, *values],
        )
