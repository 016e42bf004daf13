"""Settled clusters of ten nodes, written straight into the tables, with their machines."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import Team, User
from benchmarks.fleet.paper import PaperDriver
from clouds.models import Cloud
from clusters.models import Cluster, Group, Node, Run
from clusters.nodes.tokens import hashed
from configurations.models import Version
from configurations.services.templates import create_template
from domain.lifecycle import ClusterState, NodeRole, NodeState
from images.bootstrap import register

WORKERS, TEMPLATES = 9, 20
GIB = 2**30
TEXT = """\
cloud: paper
head_node:
  instance_type: small
worker_nodes:
  - name: cpu
    instance_type: small
    min_nodes: 9
    max_nodes: 40
mobula:
  idle_minutes: 120
  worker_idle_seconds: 60
"""


def write_fleet(team: Team, owner: User, driver: PaperDriver, *, clusters: int) -> dict[str, str]:
    """Write the clusters and start their machines; return the agents' tokens by cluster id."""
    now = datetime.now().astimezone()
    cloud = Cloud.objects.create(name="paper", provider="fake", is_shared=True)
    image = register("ray", ray_version="2.60.0", location="/opt/ray/bin/ray")
    versions = [_version(team, owner, number) for number in range(TEMPLATES)]
    rows, tokens = [], {}
    with transaction.atomic():  # each names the other: compared at the end
        for number in range(clusters):
            cluster = Cluster(
                name=f"cluster-{number}",
                handle=f"c{number:07x}",
                team=team,
                owner=owner,
                cloud=cloud,
                version=versions[number % TEMPLATES],
                image_version=image,
                state=ClusterState.RUNNING,
                idle_minutes=120,
                next_node=WORKERS + 1,
            )
            token = tokens[str(cluster.pk)] = secrets.token_hex(32)
            cluster.run = _run(cluster, token, now=now)
            rows.append(cluster)
        Run.objects.bulk_create(cluster.run for cluster in rows)
        Cluster.objects.bulk_create(rows)
    for role in (NodeRole.HEAD, NodeRole.WORKER):
        groups = Group.objects.bulk_create(_group(cluster, role) for cluster in rows)
        nodes = Node.objects.bulk_create(n for group in groups for n in _nodes(group, now=now))
        for node in nodes:
            driver.add(node.cluster.handle, [(node.name, NodeRole(node.role))])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return tokens


def _version(team: Team, owner: User, number: int) -> Version:
    return create_template(
        team=team, name=f"template-{number}", text=TEXT, message="First.", by=owner
    )


def _run(cluster: Cluster, token: str, *, now: datetime) -> Run:
    return Run(
        cluster=cluster,
        number=1,
        started_at=now - timedelta(hours=3),
        agent_token_hash=hashed(token),
        agent_seen_at=now,
    )


def _group(cluster: Cluster, role: NodeRole) -> Group:
    is_head = role is NodeRole.HEAD
    return Group(
        cluster=cluster,
        name="head" if is_head else "cpu",
        role=role,
        position=0 if is_head else 1,
        instance_type="small",
        vcpus=2,
        memory_bytes=8 * GIB,
        resources={"CPU": 0 if is_head else 2, "memory": 6 * GIB},
        min_nodes=1 if is_head else WORKERS,
        max_nodes=1 if is_head else 40,
    )


def _nodes(group: Group, *, now: datetime) -> Iterator[Node]:
    start = now - timedelta(hours=3)
    numbers = range(1) if group.role == NodeRole.HEAD else range(1, WORKERS + 1)
    for number in numbers:
        yield Node(
            name=f"{group.cluster.handle}-{number}",
            cluster=group.cluster,
            group=group,
            run=group.cluster.run,
            role=group.role,
            state=NodeState.READY,
            hourly_microusd=100_000,
            requested_at=start,
            launched_at=start,
            booted_at=start,
            ready_at=start,
            address=f"{group.cluster.handle}-{number}.paper",
        )
