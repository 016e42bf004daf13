"""What the keepers of local nodes wrote about them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from providers.local.directories import ClusterDirectory
from providers.local.records import NodeRecord


def node_records(home: Path, names: Collection[str] | None = None) -> list[NodeRecord]:
    """Return the records of an installation's nodes, all or those with these names."""
    clusters = (path for path in (home / "local").glob("[!.]*") if path.is_dir())
    nodes = [node for path in clusters for node in ClusterDirectory(path).nodes()]
    records = [NodeRecord.read(n) for n in nodes if names is None or n.name in names]
    return [record for record in records if record is not None]
