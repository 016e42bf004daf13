"""What a report measured of the nodes, as it is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from clusters.agent import bounds
from clusters.models import Node
from clusters.models.node import Hardware
from metering.samples import Sample

MOST_SAMPLES = 10_000  # of one report
_HARDWARE = ("vcpus", "memory_bytes", "gpus")


def samples_of(cluster_id: UUID, items: Sequence[Mapping[str, Any]]) -> list[Sample]:
    """Return the report's samples of the cluster's nodes, with what each node has in all."""
    items = list(islice(items, MOST_SAMPLES))
    if not items:
        return []
    names = {str(item["node"]) for item in items}
    rows = Node.objects.filter(cluster=cluster_id, name__in=names).select_related("group")
    rows = rows.only("name", *_HARDWARE, *(f"group__{name}" for name in _HARDWARE))
    nodes = {node.name: node.hardware for node in rows}
    return [_sample(item, nodes[item["node"]]) for item in items if str(item["node"]) in nodes]


def _measured(value: float | None) -> float | None:
    return None if value is None else min(value, bounds.MOST)


def _sample(item: Mapping[str, Any], hardware: Hardware) -> Sample:
    held = item.get("held") or {}
    return Sample(
        node=str(item["node"]),
        at=datetime.fromtimestamp(float(item["at"]), tz=UTC),
        cpu_capacity=hardware.vcpus,
        cpu_held=_measured(held.get("CPU", 0.0)),
        cpu_used=_measured(item.get("cpu_cores")),
        memory_capacity=hardware.memory_bytes,
        memory_held=_measured(held.get("memory", 0.0)),
        memory_used=_measured(item.get("memory_bytes")),
        gpu_capacity=hardware.gpus,
        gpu_held=_measured(held.get("GPU", 0.0)),
        gpu_used=_measured(item.get("gpu_used")),
        object_store_capacity=_measured(item.get("object_store_capacity")),
        object_store_used=_measured(item.get("object_store_bytes")),
        disk_used=_measured(item.get("disk_bytes")),
        disk_read_bps=_measured(item.get("disk_read_bps")),
        disk_write_bps=_measured(item.get("disk_write_bps")),
        net_in_bps=_measured(item.get("net_in_bps")),
        net_out_bps=_measured(item.get("net_out_bps")),
    )
