"""What the agents of the fleet report, as bytes, through Django's whole stack."""

from __future__ import annotations

import json
import time
from itertools import count
from typing import Any

from django.test import Client

from benchmarks.fleet.rows import GIB, WORKERS

_SEQ = count(1)
_CLIENT = Client(SERVER_NAME="127.0.0.1")
BEGAN = time.time()
IDLE_NODES = 3  # of the workers; the others are busy


def body(cluster_id: str, handle: str, *, waiting: int = 0, samples: bool = False) -> bytes:
    """Return a report like an agent's: a head, ten nodes, and what waits."""
    names = [f"{handle}-{number}" for number in range(WORKERS + 1)]
    shapes = [{"resources": {"CPU": 2.0}, "count": waiting, "selectors": [], "fallbacks": []}]
    return json.dumps(
        {
            "protocol": 1,
            "cluster": cluster_id,
            "run": 1,
            "seq": next(_SEQ),
            "sent_at": time.time(),
            "ray_version": "2.60.0",
            "python_version": "3.13.1",
            "session": "session_2026-11-29_12-00-00_000000_1",
            "healthy": True,
            "errors": [],
            "nodes": [_node(name, number) for number, name in enumerate(names)],
            "dead": [],
            "demand": {
                "shapes": shapes if waiting else [],
                "gangs": [],
                "standing_requests": [],
            },
            "samples": [_sample(name) for name in names] if samples else [],
            "jobs": [],
            "logs": [],
            "node_logs": [],
            "results": [],
            "drivers": 1,
            "active_actors": None,
        }
    ).encode()


def send(report: bytes, token: str) -> dict[str, Any]:
    """Post a report; return the answer. Raises RuntimeError unless it is 200."""
    answer = _CLIENT.generic(
        "POST",
        "/agent/v1/sync",
        data=report,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code}: {answer.content!r}")
    return dict(answer.json())


def _node(name: str, number: int) -> dict[str, Any]:
    is_idle = 0 < number <= IDLE_NODES
    total = {
        "CPU": 2.0 if number else 0.0,
        "memory": 6.0 * GIB,
        "object_store_memory": 2.0 * GIB,
        f"node:{name}.paper": 1.0,
    }
    return {
        "node": name,
        "ray_node_id": f"{number:02d}" + name.ljust(54, "0"),
        "group": "cpu" if number else "head",
        "status": "IDLE" if is_idle else "RUNNING",
        "idle_seconds": time.time() - BEGAN + 600 if is_idle else None,
        "total": total,
        "available": total if is_idle else total | {"CPU": 0.0},
        "address": f"{name}.paper",
        "activity": "" if is_idle else "Resource: CPU currently in use.",
        "labels": {"ray.io/node-group": "cpu", "ray.io/market-type": "on-demand"},
        "actors": 0,
    }


def _sample(name: str) -> dict[str, Any]:
    return {
        "node": name,
        "at": time.time(),
        "cpu_cores": 1.5,
        "memory_bytes": 3 * GIB,
        "gpu_used": None,
        "object_store_bytes": GIB,
        "object_store_capacity": 2 * GIB,
        "disk_bytes": 20 * GIB,
        "disk_read_bps": 1e6,
        "disk_write_bps": 1e6,
        "net_in_bps": 1e6,
        "net_out_bps": 1e6,
        "held": {"CPU": 2.0, "memory": 0.0},
    }
