"""How a local node's Ray is started: command line, environment, and the request to its keeper."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.lifecycle import NodeRole
from providers.base import (
    AgentAccess,
    ClusterRef,
    NodeSpec,
)
from providers.local.accounts import ClusterAccount
from providers.local.directories import ClusterDirectory, NodeDirectory
from providers.local.installation import python_of, ray_program
from providers.local.offerings import find_size
from providers.local.ports import free_ports, node_address
from providers.local.programs import libraries_of, runnable
from providers.ray_options import TOKEN, Version, labels_flag, parse_version, whole

OWN_DIRECTORIES: Version = (2, 60)  # before: workers use the head's, whatever they are told

FEWEST_STARTS_AT_ONCE = 2
OBJECT_STORE_BYTES = 128 * 2**20  # it is shared memory: eight nodes must fit a laptop
SMALLEST_OBJECT_STORE_BYTES = 80 * 2**20  # Ray refuses less than 75 MiB

# User code runs with this environment: it holds none of Mobula's own settings and secrets.
PASSED_ON = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|LD_LIBRARY_PATH|SSL_CERT_.*"
    r"|REQUESTS_CA_BUNDLE|CUDA_.*|PIP_.*|UV_.*|(?:HTTPS?|ALL|NO)_PROXY",
    re.IGNORECASE,
)
# Of these, what names directories and files of root that a cluster's account cannot enter.
CLOSED_TO_ACCOUNTS = re.compile(r"TMPDIR|(?:PIP|UV)_.*_(?:DIR|FILE)", re.IGNORECASE)

RAY_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_autoscaler_v2": "1",
    # The first job would fork one Python per declared CPU on every node at once.
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_worker_prestart": "0",
    "RAY_worker_maximum_startup_concurrency": "2",
    # A node killed from outside is known to be dead after 5 s, not 15.
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_initial_delay_ms": "1000",
    # All nodes share one memory: each would kill its own tasks for what the others use.
    "RAY_memory_monitor_refresh_ms": "0",
    # More than 100 different pending shapes must be reported as well.
    "RAY_max_resource_shapes_per_load_report": "2000",
    # A node that is told to end has been drained before; the keeper kills it after 5 s.
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "3",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePaths:
    """Where one node is started: its directories, its user, and the head a worker joins."""

    cluster: ClusterDirectory
    node: NodeDirectory
    ray_directories: Path
    head_address: str = ""
    agent: Path | None = None
    account: ClusterAccount | None = None  # None: the node runs as Mobula's own user
    workspace: Path | None = None  # of a head that serves one: its files

    @property
    def token(self) -> Path:
        """The file with Ray's token that the node's processes read."""
        return (self.account or self.cluster).path / "token"

    @property
    def agent_file(self) -> Path:
        """What a head's agent reads."""
        if self.account is None:
            return self.node.path / "agent.json"
        return self.account.path / f"{self.node.name}.json"

    @property
    def ray_directory(self) -> Path:
        """The node's own directory for Ray's sessions; short, since sockets are made in it."""
        return self.ray_directories / self.node.name


def keeper_request(cluster: ClusterRef, spec: NodeSpec, place: NodePaths) -> Mapping[str, Any]:
    """Return all that `keeper.py` must know to start the node once and look after it."""
    ray = ray_program(cluster.image.location)
    if place.account is not None:
        ray = runnable(ray, place.account)
    version = parse_version(cluster.image.ray_version)
    is_head = spec.role is NodeRole.HEAD
    gcs, dashboard, client, metrics, jupyter = free_ports(5) if is_head else (0, 0, 0, 0, 0)
    address = node_address(spec.name)
    record = {
        "name": spec.name,
        "role": spec.role.value,
        "group": spec.group,
        "instance_type": spec.instance_type,
        "market": spec.market.value,
        "zone": spec.zone,
        "address": address,
        "temp_dir": str(place.ray_directory),
        "uid": place.account.uid if place.account else None,
        "agent_file": str(place.agent_file),
        "gcs_address": f"{address}:{gcs}" if is_head else "",
        "dashboard_url": f"http://127.0.0.1:{dashboard}" if is_head else "",
        "client_address": f"ray://{address}:{client}" if is_head else "",
        "jupyter_url": f"http://127.0.0.1:{jupyter}" if place.workspace else "",
        "workspace": str(place.workspace or ""),
        "answered": None,
        "ray_pid": None,
    }
    flags = _head_flags(gcs, dashboard, client) if is_head else (f"--address={place.head_address}",)
    has_agent = is_head and place.agent is not None
    agent = agent_config(cluster, record, place.ray_directories) if has_agent else None
    return {
        "directory": str(place.node.path),
        "record": record,
        "command": [str(ray), "start", *flags, *_node_flags(spec, place, version, address)],
        "environment": _environment(cluster, spec, place, version, ray, metrics),
        "turns": [str(turn) for turn in _turns(place, version)],
        "agent_command": _agent_command(ray, place) if has_agent else [],
        "agent_config": agent,
    }


def _agent_command(ray: Path, place: NodePaths) -> Sequence[str]:
    return [str(python_of(ray)), str(place.agent), str(place.agent_file)]


def agent_config(
    cluster: ClusterRef, record: Mapping[str, Any], ray_directories: Path
) -> Mapping[str, Any] | None:
    """Return what the head's agent reads, or None when the cluster has no access to Mobula."""
    access: AgentAccess | None = cluster.agent
    if access is None:
        return None
    return {
        "url": access.url,
        "cluster": access.cluster_id,
        "run": access.run,
        "token": access.token,
        "gcs_address": record["gcs_address"],
        "dashboard_url": record["dashboard_url"],
        "ray_token": cluster.ray_token or None,
        "shared_host": True,
        "node_dirs": str(ray_directories),
        "workspace": _workspace(cluster, record),
    }


def _workspace(cluster: ClusterRef, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what the agent starts JupyterLab with, if the head serves a workspace."""
    workspace, url = cluster.workspace, record.get("jupyter_url", "")
    if workspace is None or not url:
        return None
    return {
        "port": int(url.rpartition(":")[2]),
        "token": workspace.token,
        "base_path": workspace.base_path,
        "directory": record["workspace"],
        "image": workspace.image,
        "cull_seconds": workspace.cull_seconds,
    }


def resource_flags(spec: NodeSpec) -> tuple[str, ...]:
    """Return the flags for the node's logical resources; its size fills in what is not said."""
    size = find_size(spec.instance_type)
    # Ray sets what begins with this itself, and refuses it from anybody else.
    resources = {name: n for name, n in spec.resources.items() if not name.startswith("node:")}
    cpus = resources.pop("CPU", size.vcpus)
    gpus = resources.pop("GPU", size.gpus)
    memory = resources.pop("memory", size.memory_bytes)
    store = resources.pop("object_store_memory", OBJECT_STORE_BYTES)
    flags = (
        f"--num-cpus={whole(cpus, 'CPU', spec.group)}",
        f"--num-gpus={whole(gpus, 'GPU', spec.group)}",
        f"--memory={int(memory)}",
        f"--object-store-memory={max(int(store), SMALLEST_OBJECT_STORE_BYTES)}",
    )
    return (*flags, f"--resources={json.dumps(resources)}") if resources else flags


def _head_flags(gcs: int, dashboard: int, client: int) -> tuple[str, ...]:
    return (
        "--head",
        "--no-monitor",  # Mobula scales; Ray's own monitor would write "no node types" into jobs
        "--disable-usage-stats",
        f"--port={gcs}",
        "--include-dashboard=true",
        "--dashboard-host=127.0.0.1",
        f"--dashboard-port={dashboard}",
        f"--ray-client-server-port={client}",  # two clusters would share the default silently
    )


def _node_flags(
    spec: NodeSpec, place: NodePaths, version: Version, address: str
) -> tuple[str, ...]:
    return (
        "--block",
        f"--node-ip-address={address}",
        f"--node-name={spec.name}",
        f"--temp-dir={place.ray_directory}",
        "--dashboard-agent-listen-port=0",
        "--min-worker-port=0",
        "--max-worker-port=0",
        *resource_flags(spec),
        *labels_flag(spec.labels, version),
    )


def _turns(place: NodePaths, version: Version) -> Sequence[Path]:
    """Return the locks of which a starting node holds one.

    Ray gives up a node that has not started after 30 s, so that on a busy machine many that start
    together all fail. Old Rays share a directory and race for a socket's name: one at a time.
    """
    if version < OWN_DIRECTORIES:
        return [place.cluster.path / "turn"]
    count = max(FEWEST_STARTS_AT_ONCE, os.cpu_count() or 1)
    return [place.cluster.path.parent / f".turn-{number}" for number in range(count)]


def _environment(
    cluster: ClusterRef, spec: NodeSpec, place: NodePaths, version: Version, ray: Path, metrics: int
) -> Mapping[str, str]:
    passed_on = {key: value for key, value in os.environ.items() if PASSED_ON.fullmatch(key)}
    if place.account is not None:
        closed = [key for key in passed_on if CLOSED_TO_ACCOUNTS.fullmatch(key)]
        passed_on = {key: passed_on[key] for key in passed_on.keys() - closed}
        passed_on |= place.account.environment
    if libraries := libraries_of(ray):
        passed_on["LD_LIBRARY_PATH"] = str(libraries)
    environment = {
        **passed_on,
        **RAY_SETTINGS,
        "PATH": f"{ray.parent}{os.pathsep}{passed_on.get('PATH', os.defpath)}",
        **node_marks(place.node),
        "RAY_CLOUD_INSTANCE_ID": spec.name,
        "RAY_NODE_TYPE_NAME": spec.group,
        # Left out, Ray would take a token it finds in the home directory.
        "RAY_AUTH_MODE": "disabled",
    }
    if cluster.ray_token and version >= TOKEN:
        environment["RAY_AUTH_MODE"] = "token"
        environment["RAY_AUTH_TOKEN_PATH"] = str(place.token)
    if metrics:
        environment["DASHBOARD_METRIC_PORT"] = str(metrics)
    if sys.platform == "darwin":
        environment["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "1"
    return environment


def node_marks(node: NodeDirectory) -> Mapping[str, str]:
    """Return the variables by which a process is known to belong to this node and no other."""
    return {"MOBULA_NODE": node.name, "MOBULA_NODE_DIR": str(node.path)}
