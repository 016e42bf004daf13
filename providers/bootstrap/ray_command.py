"""How Ray is started in a node's container."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from domain.lifecycle import NodeRole
from providers.base import InvalidRequest
from providers.bootstrap.node import BootNode, Ports
from providers.ray_options import TOKEN, labels_flag, parse_version, whole

TOKEN_PATH = "/run/mobula/ray-token"  # noqa: S105

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_autoscaler_v2": "1",
    # More than 100 different pending shapes must be reported as well.
    "RAY_max_resource_shapes_per_load_report": "2000",
}
# Shared memory holds the object store, and what else there is of /dev/shm.
_ROOM = 1.1
_SMALLEST_STORE = 80 * 2**20  # Ray refuses less than 75 MiB


def start_options(node: BootNode) -> Sequence[str]:
    """Return the words after `ray`; the machine adds its name and the addresses."""
    head = _head_options(node.ports) if node.role is NodeRole.HEAD else ()
    version = parse_version(node.ray_version)
    return (
        "start",
        "--block",
        *head,
        *_resources(node),
        *labels_flag(_checked(node.labels), version),
    )


def environment(node: BootNode) -> Mapping[str, str]:
    """Return the environment of Ray's container, but for the node's name."""
    auth = {"RAY_AUTH_MODE": "disabled"}
    if parse_version(node.ray_version) >= TOKEN:
        auth = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": TOKEN_PATH}
    return {**_SETTINGS, "RAY_NODE_TYPE_NAME": node.group, **auth}


def shared_memory(node: BootNode) -> int:
    """Return the bytes of /dev/shm; 0: as much as Ray takes for objects by default."""
    return int(_store(node) * _ROOM)


def _store(node: BootNode) -> int:
    wanted = int(node.resources.get("object_store_memory", 0))
    return max(wanted, _SMALLEST_STORE) if wanted else 0


def _head_options(ports: Ports) -> tuple[str, ...]:
    return (
        "--head",
        "--no-monitor",  # Mobula scales
        "--disable-usage-stats",
        f"--port={ports.gcs}",
        "--include-dashboard=true",
        "--dashboard-host=127.0.0.1",
        f"--dashboard-port={ports.dashboard}",
        f"--ray-client-server-port={ports.client}",
    )


def _resources(node: BootNode) -> tuple[str, ...]:
    # Ray sets what begins with this itself, and refuses it from anybody else.
    left = {name: n for name, n in node.resources.items() if not name.startswith("node:")}
    left.pop("object_store_memory", None)
    flags = []
    for name, flag in (("CPU", "--num-cpus"), ("GPU", "--num-gpus"), ("memory", "--memory")):
        if name in left:
            flags.append(f"{flag}={whole(left.pop(name), name, node.group)}")
    if store := _store(node):
        flags.append(f"--object-store-memory={store}")
    if left:
        flags.append(f"--resources={json.dumps(left)}")
    return tuple(flags)


def _checked(labels: Mapping[str, str]) -> Mapping[str, str]:
    for key, value in labels.items():
        if set(f"{key}{value}") & set(",="):
            raise InvalidRequest(
                f"Label {key!r} has the value {value!r}. Remove commas and equals signs."
            )
    return labels
