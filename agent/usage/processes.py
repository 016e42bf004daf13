"""What each node of a shared host uses, summed over its own processes."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    ProcessKey = tuple[int, float]
    """A process: its pid and when it started, for pids are used again."""
    Readings = dict[ProcessKey, "ProcessReading"]

NODE_VARIABLE = "RAY_CLOUD_INSTANCE_ID"
# Walking a node's directory costs more than all its other numbers and changes slowly.
DISK_EVERY_SECONDS = 60.0


class ProcessReading(NamedTuple):
    """What one process had used by now, since it started."""

    node: str
    cpu_seconds: float
    memory_bytes: int
    read_bytes: int
    written_bytes: int


class Usage(NamedTuple):
    """What one node uses now; None is unknown, which is not zero. Rates are bytes per second."""

    cpu_cores: float | None = None
    memory_bytes: int | None = None
    gpu_used: float | None = None
    gpu_memory_bytes: int | None = None
    disk_bytes: int | None = None
    disk_read_bps: float | None = None
    disk_write_bps: float | None = None
    net_in_bps: float | None = None
    net_out_bps: float | None = None


def usage_between(before: Readings, after: Readings, *, seconds: float) -> dict[str, Usage]:
    """Return each node's use from two readings of its processes, ``seconds`` apart."""
    grown: dict[str, list[float]] = {}
    for key, reading in after.items():
        # A process that was not there before started since: all it used is new.
        earlier = before.get(key, ProcessReading(reading.node, 0.0, 0, 0, 0))
        sums = grown.setdefault(reading.node, [0.0, 0.0, 0.0, 0.0])
        sums[0] += max(0.0, reading.cpu_seconds - earlier.cpu_seconds)
        sums[1] += reading.memory_bytes
        sums[2] += max(0, reading.read_bytes - earlier.read_bytes)
        sums[3] += max(0, reading.written_bytes - earlier.written_bytes)
    return {
        node: Usage(
            cpu_cores=cpu / seconds,
            memory_bytes=int(memory),
            disk_read_bps=read / seconds,
            disk_write_bps=written / seconds,
        )
        for node, (cpu, memory, read, written) in grown.items()
    }


def directory_bytes(path: Path) -> int | None:
    """Return the size of all files below a directory, None where there is no such directory."""
    if not path.is_dir():
        return None
    return sum(
        _file_bytes(Path(folder, name)) for folder, _, names in os.walk(path) for name in names
    )


def _file_bytes(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0  # gone since it was listed


class ProcessTable:
    """The processes of this host that belong to Ray nodes, found by their environment."""

    def __init__(self) -> None:
        self._psutil = _load_psutil()
        self._nodes: dict[ProcessKey, str | None] = {}

    def read(self) -> Readings:
        """Return a reading of every process that belongs to a node."""
        processes = {process.pid: process for process in self._psutil.process_iter()}
        known, self._nodes = self._nodes, {}
        readings: Readings = {}
        for process in processes.values():
            try:
                node = self._node(process, processes, known)
                if node:
                    readings[process.pid, process.create_time()] = _reading(process, node)
            except self._psutil.Error:
                continue  # ended while we looked, or is not ours to look at
        return readings

    def _node(
        self, process: Any, processes: dict[int, Any], known: dict[ProcessKey, str | None]
    ) -> str | None:
        key = (process.pid, process.create_time())
        if key not in self._nodes:
            node = known[key] if key in known else self._own_node(process)
            if node is None and key not in known:
                # Ray's agents overwrite their environment when they set their title.
                parent = processes.get(process.ppid())
                node = self._node(parent, processes, known) if parent else None
            self._nodes[key] = node
        return self._nodes[key]

    def _own_node(self, process: Any) -> str | None:
        try:
            environment: dict[str, str] = process.environ()
        except self._psutil.AccessDenied:
            return None
        return environment.get(NODE_VARIABLE)


class ProcessMeter:
    """Measures every node on this host; each measurement covers the time since the last one."""

    def __init__(self, node_dirs: str | None) -> None:
        self._table = ProcessTable()
        self._node_dirs = Path(node_dirs) if node_dirs else None
        self._before: tuple[float, Readings] | None = None
        self._disk: dict[str, tuple[float, int | None]] = {}

    def measure(self, nodes: list[dict[str, Any]]) -> dict[str, Usage]:
        """Return each node's use by its name; nothing the first time."""
        now, after = time.monotonic(), self._table.read()
        before, self._before = self._before, (now, after)
        if before is None:
            return {}
        used = usage_between(before[1], after, seconds=max(now - before[0], 0.001))
        names = [str(node["node"]) for node in nodes]
        return {
            name: used[name]._replace(disk_bytes=self._disk_bytes(name, now))
            for name in names
            if name in used
        }

    def _disk_bytes(self, node: str, now: float) -> int | None:
        if self._node_dirs is None:
            return None
        at, size = self._disk.get(node, (float("-inf"), None))
        if now - at >= DISK_EVERY_SECONDS:
            at, size = now, directory_bytes(self._node_dirs / node)
            self._disk[node] = (at, size)
        return size


def _reading(process: Any, node: str) -> ProcessReading:
    with process.oneshot():
        times, memory = process.cpu_times(), process.memory_info()
        disk = process.io_counters() if hasattr(process, "io_counters") else None
    return ProcessReading(
        node=node,
        cpu_seconds=times.user + times.system,
        # Shared pages are the object store and Ray's code: counted once elsewhere, not per process.
        memory_bytes=memory.rss - getattr(memory, "shared", 0),
        read_bytes=disk.read_bytes if disk else 0,
        written_bytes=disk.write_bytes if disk else 0,
    )


def _load_psutil() -> Any:
    """Return psutil: the environment's own, or the one that Ray carries with it."""
    try:
        return importlib.import_module("psutil")
    except ImportError:
        ray = importlib.util.find_spec("ray")
        places = list(ray.submodule_search_locations or ()) if ray else []
        sys.path.extend(str(Path(place, "thirdparty_files")) for place in places)
        return importlib.import_module("psutil")
