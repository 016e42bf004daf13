"""The life of a node as the ledger sees it. Each function takes part in the caller's transaction.

A mark that is earlier than what was posted already moves `posted_until` back; the next
`posting.post` then writes those hours again.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Greatest, Least

from domain.lifecycle import NodeRole
from domain.offerings import Market
from metering.models import Interval, MeteredCluster
from metering.posting import post

__all__ = ["close_interval", "mark_leaving", "mark_ready", "open_interval", "post"]


def open_interval(
    *,
    node: str,
    cluster_id: UUID,
    cluster_name: str,
    team_id: int,
    template_id: int | None,
    template_name: str,
    owner_id: int,
    owner_name: str,
    group: str,
    role: NodeRole | str,
    instance_type: str,
    market: Market | str,
    vcpus: float,
    memory_bytes: int,
    gpus: float,
    hourly_microusd: int | None,
    started_at: datetime,
) -> None:
    """Count this node's cost from `started_at` on; a second call for the node changes nothing.

    `hourly_microusd` is None where no price is known: such hours are shown as unpriced, never as 0.
    """
    interval = Interval(
        node=node,
        cluster_id=cluster_id,
        cluster_name=cluster_name,
        team_id=team_id,
        template_id=template_id,
        template_name=template_name,
        owner_id=owner_id,
        owner_name=owner_name,
        group=group,
        role=NodeRole(role),
        instance_type=instance_type,
        market=Market(market),
        vcpus=vcpus,
        memory_bytes=memory_bytes,
        gpus=gpus,
        hourly_microusd=hourly_microusd,
        started_at=started_at,
        posted_until=started_at,
    )
    Interval.objects.bulk_create([interval], ignore_conflicts=True)
    cluster = MeteredCluster(
        cluster_id=cluster_id, team_id=team_id, template_id=template_id or -1, owner_id=owner_id
    )
    MeteredCluster.objects.bulk_create(
        [cluster],
        update_conflicts=True,
        unique_fields=["cluster_id"],
        update_fields=["team_id", "template_id", "owner_id"],
    )


def mark_ready(node: str, *, at: datetime) -> None:
    """Count the node's boot as overhead until `at`, when Ray joined; the first mark counts."""
    _mark("ready_at", node, at)


def mark_leaving(node: str, *, at: datetime) -> None:
    """Count the node as overhead from `at`, when it left service; the first mark counts."""
    _mark("leaving_at", node, at)


def close_interval(node: str, *, ended_at: datetime) -> None:
    """End the node's cost at `ended_at`; later calls change nothing."""
    _mark("ended_at", node, ended_at)


def _mark(field: str, node: str, at: datetime) -> None:
    # Clocks differ: nothing happens to a node before it starts.
    moment = Greatest(F("started_at"), Value(at, output_field=DateTimeField()))
    Interval.objects.filter(**{"node": node, field: None, "ended_at": None}).update(
        **{field: moment, "posted_until": Least(F("posted_until"), moment)}
    )
