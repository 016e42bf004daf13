"""What a node's keeper wrote about it, and what that means now."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psutil

from domain.cooldowns import FailureClass
from domain.lifecycle import NodeRole
from providers.base import (
    HeadEndpoints,
    MachinePhase,
    ObservedNode,
)
from providers.failure_plan import TAKEN_BACK
from providers.local.directories import NodeDirectory
from providers.local.processes import keeper_process, node_processes
from providers.node_logs import START_LOG, LogTail
from providers.node_logs import TAIL_BYTES as LOG_TAIL_BYTES

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What `ray start` raises when a process of its own is not there in time, as on a busy machine:
# ray/_private/node.py, services.py and state.py of Ray 2.60.
TIMED_OUT = re.compile(
    rb"timed out during startup|while waiting for node to startup|Failed to connect to GCS"
)
TAIL_BYTES = 4096
TAIL_LINES = 6
# All of them are opened by the keeper in the node's own directory: no job can put others there.
LOGS = {START_LOG: "ray.log", "keeper.log": "keeper.log", "agent.log": "agent.log"}
NOTICE = "taken_back_at"  # in a node's directory: when a failure plan takes it back


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """What its keeper noted: the node was started, whether or not it lives still.

    `node.json` is how it was started, `progress.jsonl` what became of it. Nodes of earlier
    versions have both in the first, and their end in `exit.json`.
    """

    directory: NodeDirectory
    content: Mapping[str, Any]

    @classmethod
    def read(cls, directory: NodeDirectory) -> Self | None:
        """Return the record; None when the node was never started or is gone for good."""
        content = _read_json(directory.path / "node.json")
        if content is None:
            return None
        return cls(directory, content | _read_progress(directory.path / "progress.jsonl"))

    @property
    def pid(self) -> int:
        """The keeper's process id."""
        return int(self.content["pid"])

    @property
    def uid(self) -> int:
        """The user that the node's processes run as."""
        uid = self.content.get("uid")
        return os.getuid() if uid is None else int(uid)

    @property
    def keeper(self) -> psutil.Process | None:
        """The node's keeper, if it lives."""
        return keeper_process(self.pid, self.directory.path, self.uid)

    @property
    def agent_file(self) -> Path:
        """What a head's agent reads."""
        return Path(self.content.get("agent_file") or self.directory.path / "agent.json")

    @property
    def role(self) -> NodeRole:
        """Head or worker."""
        return NodeRole(self.content["role"])

    @property
    def ray_directory(self) -> Path:
        """Where the node's Ray keeps its sessions."""
        return Path(self.content["temp_dir"])

    @property
    def alive(self) -> bool:
        """Whether the keeper lives; without it the node is lost."""
        return self.keeper is not None

    @property
    def taken_back_at(self) -> float | None:
        """When the node is taken back, in seconds since the epoch; None: nobody said so."""
        try:
            return float((self.directory.path / NOTICE).read_text())
        except FileNotFoundError:
            return None

    def processes(self) -> Iterator[psutil.Process]:
        """Yield the node's living processes."""
        return node_processes(self.pid, self.directory.path, self.ray_directory, self.uid)

    @property
    def exit_code(self) -> int | None:
        """How Ray ended, as `exit_in_words` takes it; None: it did not, or nobody saw it."""
        ended = self.content if "exit_code" in self.content else None
        if ended is None and (old := _read_json(self.directory.path / "exit.json")):
            ended = {"exit_code": old["code"]}
        return None if ended is None else int(ended["exit_code"])

    @property
    def endpoints(self) -> HeadEndpoints | None:
        """Where a head answers, from its first answer on; None for a worker."""
        if not self.content["answered"]:
            return None
        return HeadEndpoints(
            gcs_address=self.content["gcs_address"],
            dashboard_url=self.content["dashboard_url"],
            client_address=self.content["client_address"],
            jupyter_url=self.content.get("jupyter_url", ""),
        )

    def observed(self) -> ObservedNode:
        """Return the node as it is now."""
        phase, taken_back_at = self._phase(), self.taken_back_at
        failed = phase is MachinePhase.FAILED
        return ObservedNode(
            name=self.directory.name,
            role=self.role,
            phase=phase,
            address=self.content["address"],
            started_at=datetime.fromtimestamp(self.content["started"], UTC),
            reason=self._reason() if failed else "",
            failure=FailureClass.TRANSIENT if failed and self._timed_out() else None,
            interruption_at=datetime.fromtimestamp(taken_back_at, UTC) if taken_back_at else None,
            endpoints=self.endpoints if phase is MachinePhase.RUNNING else None,
        )

    def _phase(self) -> MachinePhase:
        if self.directory.ended:
            return MachinePhase.STOPPING
        if not self.alive or self.exit_code is not None:
            return MachinePhase.FAILED
        begun = self.content["answered" if self.role is NodeRole.HEAD else "ray_pid"]
        return MachinePhase.RUNNING if begun else MachinePhase.PENDING

    def _timed_out(self) -> bool:
        return waited_in_vain(self.directory.path / "ray.log")

    def _reason(self) -> str:
        deadline = self.taken_back_at
        if deadline is not None and time.time() >= deadline:
            return TAKEN_BACK
        code = self.exit_code
        cause = "The node's processes were killed." if code is None else exit_in_words(code)
        return "\n".join([cause, *last_lines(self.directory.path / "ray.log")])


def waited_in_vain(log: Path) -> bool:
    """Return whether a log says that Ray gave up waiting for its own processes to start."""
    try:
        with log.open("rb") as opened:
            opened.seek(max(0, log.stat().st_size - TAIL_BYTES))
            return TIMED_OUT.search(opened.read()) is not None
    except FileNotFoundError:
        return False


def exit_in_words(code: int) -> str:
    """Return how Ray ended: `code` is its exit code, or minus the signal that ended it."""
    if code < 0:
        return f"Ray was ended by {signal.Signals(-code).name}."
    return f"Ray ended with exit code {code}."


def last_lines(log: Path) -> list[str]:
    """Return the last lines of a log that say something, without terminal colours."""
    try:
        with log.open("rb") as opened:
            opened.seek(max(0, log.stat().st_size - TAIL_BYTES))
            text = opened.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    lines = [line.strip() for line in COLOURS.sub("", text).splitlines()]
    return [line for line in lines if line][-TAIL_LINES:]


def log_tails(directory: NodeDirectory) -> Iterator[LogTail]:
    """Yield the ends of the node's own logs, those that are not empty."""
    for name, file in LOGS.items():
        with suppress(FileNotFoundError), (directory.path / file).open("rb") as opened:
            status = os.fstat(opened.fileno())
            offset = max(0, status.st_size - LOG_TAIL_BYTES)
            opened.seek(offset)
            content = opened.read(LOG_TAIL_BYTES)
            if content:
                at = datetime.fromtimestamp(status.st_mtime, UTC)
                yield LogTail(name=name, text=same_length(content), offset=offset, modified_at=at)


def same_length(content: bytes) -> str:
    """Return text with as many bytes in UTF-8: what is no UTF-8, and NUL, become question marks."""
    text = content.replace(b"\0", b"?").decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", "?", text)


def _read_progress(path: Path) -> dict[str, Any]:
    """Return the facts of all lines; the last one may be half written yet."""
    facts: dict[str, Any] = {}
    with suppress(FileNotFoundError):
        for line in path.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                facts |= json.loads(line)
    return facts


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return content
