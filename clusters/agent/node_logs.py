"""What a report says of the nodes' log files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from clusters.agent import bounds
from clusters.logs import nodes as node_logs
from clusters.models import Cluster
from clusters.nodes.tokens import secrets_of

MOST_PARTS_A_REPORT = 200


def store_node_logs(
    cluster: Cluster, items: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, int]]:
    """Store the parts of log files; return for each file of a node the offset to go on from."""
    parts = [_read(item) for item in islice(items, MOST_PARTS_A_REPORT)]
    if not parts:
        return {}
    rows = cluster.nodes.filter(run=cluster.run_id, name__in={name for name, _ in parts})
    nodes = {node.name: node for node in rows}
    secrets = secrets_of(cluster)
    offsets: dict[str, dict[str, int]] = {}
    # In one order: two reports that come at once do not wait for each other's rows.
    for name, part in sorted(parts, key=lambda item: (item[0], item[1].file, item[1].offset)):
        if name in nodes and node_logs.is_name(part.file):
            end = node_logs.store(nodes[name], part, secrets=secrets)
            offsets.setdefault(name, {})[part.file] = end
    return offsets


def _read(item: Mapping[str, Any]) -> tuple[str, node_logs.Part]:
    part = node_logs.Part(
        file=bounds.text(item["file"], most=100),
        offset=int(bounds.amount(item["offset"])),
        text=bounds.text(item["text"], most=node_logs.PIECE_LIMIT),
        size=int(bounds.amount(item["size"])),
        modified_at=bounds.moment(item.get("modified_at")),
    )
    return str(item["node"]), part
