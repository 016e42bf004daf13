"""Launch a cluster from a version."""

from __future__ import annotations

from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import record
from clusters.machines import agent_token, hashed
from clusters.models import Cluster, Group, Version
from clusters.services.launch_checks import Launchable, check_launch
from clusters.services.waking import wake
from clusters.transitions import note
from domain.matching import types_for
from domain.node_resources import effective_resources
from domain.offerings import Market
from domain.spec import MarketType, NodeConfig
from providers.base import NodeRole


def launch_cluster(*, name: str, version: Version, environment: str = "", by: User) -> Cluster:
    """Return a new cluster that a worker will bring up; raises ValidationError."""
    # This asks the driver, so it stays outside the transaction.
    ready = check_launch(version, environment=environment, by=by)
    return _create(ready, name=name, version=version, by=by)


@transaction.atomic
def _create(ready: Launchable, *, name: str, version: Version, by: User) -> Cluster:
    block = ready.config.mobula
    cluster = Cluster(
        name=name,
        team=version.template.team,
        owner=by,
        cloud=ready.cloud,
        version=version,
        environment=ready.environment,
        image_version=ready.image_version,
        autoscaling=block.autoscaling,
        idle_minutes=block.idle_minutes,
        max_lifetime_minutes=block.max_lifetime_minutes,
        worker_idle_seconds=ready.config.worker_idle_seconds,
        max_usd_per_hour=_dollars(block.max_usd_per_hour),
        min_resources=ready.config.min_resources,
        max_resources=ready.config.max_resources,
    )
    cluster.validate_constraints()
    cluster.agent_token_hash = hashed(agent_token(cluster))
    _save_new(cluster)
    Group.objects.bulk_create(_groups(cluster, ready))
    note(cluster, f"Launched from {version}{_where(ready)}.", by=by)
    record(
        "cluster.launched",
        actor=by,
        team=cluster.team,
        subject=cluster,
        after={
            "version": str(version),
            "environment": ready.environment,
            "image": str(ready.image_version),
        },
    )
    wake(cluster)
    return cluster


def _where(ready: Launchable) -> str:
    return f" for {ready.environment}" if ready.environment else ""


def _dollars(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount)).quantize(Decimal("0.0001"))


def _save_new(cluster: Cluster) -> None:
    try:
        with transaction.atomic():
            cluster.save()
    except IntegrityError:  # somebody launched one of that name since it was checked
        cluster.validate_constraints()
        raise


def _groups(cluster: Cluster, ready: Launchable) -> list[Group]:
    config = ready.config
    head = _group(cluster, config.head_node or NodeConfig(), ready, name="head", position=0)
    workers = [
        _group(cluster, group, ready, name=group.name, position=position)
        for position, group in enumerate(config.groups, start=1)
    ]
    for row, group in zip(workers, config.groups, strict=True):
        row.min_nodes, row.max_nodes = group.min_nodes, group.max_nodes
        own = config.mobula.groups.get(group.name)
        row.idle_seconds = own.worker_idle_seconds if own else None
        if group.market_type is MarketType.SPOT:
            row.market = "spot"
    return [head, *workers]


def _group(
    cluster: Cluster, node: NodeConfig, ready: Launchable, *, name: str, position: int
) -> Group:
    size = types_for(node, ready.target, market=Market.ON_DEMAND)[0]
    is_head = position == 0
    return Group(
        cluster=cluster,
        name=name,
        role=NodeRole.HEAD if is_head else NodeRole.WORKER,
        position=position,
        instance_type=size.name,
        vcpus=size.vcpus,
        memory_bytes=size.memory_bytes,
        gpus=size.gpus,
        resources=effective_resources(
            node, size, is_head=is_head, has_workers=bool(ready.config.groups)
        ),
        labels=dict(node.labels),
        min_nodes=1,
        max_nodes=1,
    )
