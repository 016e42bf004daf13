"""What each node uses when it has its host for itself, as Ray's own reporter measured it."""

from __future__ import annotations

from typing import Any

from agent.head.dashboard import Dashboard
from agent.usage.processes import Usage

MEBIBYTE = 1024 * 1024


def usage_of_host(host: dict[str, Any]) -> Usage:
    """Return a node's use from its entry in ``/nodes?view=summary``."""
    cpus, memory = host.get("cpus") or [None], host.get("mem") or [None] * 4
    disk = _pair(host.get("diskIoSpeed") or host.get("disk_io_speed"))
    network = _pair(host.get("networkSpeed") or host.get("network_speed"))
    return Usage(
        cpu_cores=None if None in (host.get("cpu"), cpus[0]) else host["cpu"] / 100 * cpus[0],
        memory_bytes=memory[3],
        gpu_used=_gpu_sum(host, "utilizationGpu", "utilization_gpu", scale=0.01),
        gpu_memory_bytes=_gpu_bytes(host),
        disk_bytes=((host.get("disk") or {}).get("/") or {}).get("used"),
        disk_read_bps=disk[0],
        disk_write_bps=disk[1],
        net_out_bps=network[0],
        net_in_bps=network[1],
    )


class HostMeter:
    """Measures nodes that do not share a host, through the head's dashboard."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard

    def measure(self, nodes: list[dict[str, Any]]) -> dict[str, Usage]:
        """Return each node's use by its name, for the nodes that Ray reports on."""
        hosts = {host.get("raylet", {}).get("nodeId"): host for host in self._dashboard.hosts()}
        return {
            str(node["node"]): usage_of_host(hosts[node["ray_node_id"]])
            for node in nodes
            if "cpu" in hosts.get(node["ray_node_id"], {})
        }


def _pair(rates: list[float] | None) -> list[float | None]:
    return [rates[0], rates[1]] if rates else [None, None]


def _gpu_sum(host: dict[str, Any], *names: str, scale: float) -> float | None:
    known = [gpu[name] for gpu in host.get("gpus") or [] for name in names if name in gpu]
    read = [value for value in known if value is not None]
    return sum(read) * scale if read else None


def _gpu_bytes(host: dict[str, Any]) -> int | None:
    used = _gpu_sum(host, "memoryUsed", "memory_used", scale=MEBIBYTE)
    return None if used is None else int(used)
