"""The list of machines as other processes are told it: what EC2 says of them, and no secrets."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from datetime import datetime
from typing import Any

from domain.lifecycle import NodeRole
from providers.aws.machines.listing import Machine, Machines, by_handle
from providers.shared_answers import AcrossProcesses, AnswerStore

# Processes of another version of Mobula may pack other fields: they do not read these.
VERSION = 1


def across(
    store: AnswerStore | None, *, place: str, installation: str
) -> AcrossProcesses[Machines] | None:
    """Return how processes share the list of an account and region; None without a store."""
    if store is None:
        return None
    key = f"machines:{VERSION}:{place}:{installation}"
    return AcrossProcesses(store=store, key=key, pack=pack, unpack=unpack)


def pack(machines: Machines) -> bytes:
    """Return machines as bytes, about 40 for each."""
    rows = [asdict(machine) for those in machines.values() for machine in those]
    return zlib.compress(json.dumps(rows, default=datetime.isoformat).encode(), level=1)


def unpack(content: bytes) -> Machines:
    """Return the machines of `pack`; raises ValueError for anything else."""
    try:
        rows = json.loads(zlib.decompress(content))
        return by_handle(_machine(row) for row in rows)
    except (zlib.error, TypeError, KeyError) as error:
        raise ValueError(f"no list of machines: {error}") from error


def _machine(row: dict[str, Any]) -> Machine:
    times = {
        key: datetime.fromisoformat(row[key]) if row[key] else None
        for key in ("launched_at", "ended_at")
    }
    return Machine(**{**row, **times, "role": NodeRole(row["role"])})
