"""Where the log files of nodes are read: on this host, or through Ray's log service."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from agent.head.dashboard import Dashboard
from agent.jobs.logs import SHARED_TEMP_DIR

if TYPE_CHECKING:
    Node = dict[str, Any]

MOST_BYTES_A_READ = 32 * 1024
# Ray has no call for a part of a file: the last lines are read, and what is new of them is kept.
LINES = 500
ANCHOR_BYTES, MOST_ANCHORS = 256, 1_000
HEAD_RESOURCE = "node:__internal_head__"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,98}\.(?:out|err|log)")
# Output of jobs and their workers, of which there may be thousands, and of the dashboard's parts.
_LEFT_OUT = re.compile(
    r"worker-|io_worker|python-core-|java-|job-driver-|runtime_env_setup-|dashboard_[A-Z]"
)


class File(NamedTuple):
    """A log file of a node; None is unknown."""

    size: int | None = None
    modified_at: float | None = None


class Source(Protocol):
    """One way to read the log files of a node."""

    def files(self, node: Node) -> dict[str, File]:
        """Return the files by name; raises OSError or DashboardError."""
        ...

    def read(self, node: Node, name: str, offset: int) -> tuple[int, bytes]:
        """Return the next bytes of a file and where they begin: later, if some were missed."""
        ...


def is_node_log(name: str) -> bool:
    """Return whether a file is a log of the node itself, not of a job."""
    return _NAME.fullmatch(name) is not None and _LEFT_OUT.match(name) is None


class HostFiles:
    """Reads the files of nodes that run on this host."""

    def __init__(self, *, node_dirs: str | None) -> None:
        self._node_dirs = node_dirs
        self.session = ""

    def files(self, node: Node) -> dict[str, File]:
        """Return the node's log files that are not empty."""
        found = {}
        with os.scandir(self._directory(node)) as entries:
            for entry in entries:
                if is_node_log(entry.name) and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    if status.st_size:
                        found[entry.name] = File(status.st_size, status.st_mtime)
        return found

    def read(self, node: Node, name: str, offset: int) -> tuple[int, bytes]:
        """Return the next bytes of the file."""
        with (self._directory(node) / name).open("rb") as log:
            log.seek(offset)
            return offset, log.read(MOST_BYTES_A_READ)

    def _directory(self, node: Node) -> Path:
        base = Path(os.environ.get("RAY_TMPDIR") or SHARED_TEMP_DIR)
        if self._node_dirs:
            base = Path(self._node_dirs) / str(node["node"])
        return base / self.session / "logs"


class DashboardFiles:
    """Reads the files of nodes elsewhere through the head's dashboard, as ``ray logs`` does.

    Ray tells neither the size of a file nor where a line stands in it: offsets count what was read.
    """

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._anchors: OrderedDict[tuple[str, str], tuple[int, bytes]] = OrderedDict()

    def files(self, node: Node) -> dict[str, File]:
        """Return the node's log files, of which Ray lists only the names."""
        names = self._dashboard.log_files(node["ray_node_id"])
        return {name: File() for name in names if is_node_log(name)}

    def read(self, node: Node, name: str, offset: int) -> tuple[int, bytes]:
        """Return what follows on the bytes that were read last, if those are still there."""
        content = self._dashboard.log_tail(node["ray_node_id"], name, lines=LINES)
        key = str(node["node"]), name
        known, anchor = self._anchors.get(key, (-1, b""))
        place = content.rfind(anchor) if known == offset else -1
        if place >= 0:
            begin, new = offset, content[place + len(anchor) :]
        else:  # nobody knows how much is missing: one byte stands for it
            begin, new = offset + 1 if offset else 0, content
        chunk = whole_lines(new[:MOST_BYTES_A_READ])
        if chunk:
            self._anchors[key] = begin + len(chunk), (anchor + chunk)[-ANCHOR_BYTES:]
            self._anchors.move_to_end(key)
        while len(self._anchors) > MOST_ANCHORS:
            self._anchors.popitem(last=False)
        return begin, chunk


def whole_lines(chunk: bytes) -> bytes:
    """Return a full chunk up to its last line's end; a short one ends where the file does."""
    if len(chunk) < MOST_BYTES_A_READ:
        return chunk
    return chunk[: chunk.rfind(b"\n") + 1] or chunk
