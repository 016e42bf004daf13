"""Log files of nodes: all of those that somebody reads in Mobula, and everybody's error files."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from agent.head.dashboard import DashboardError
from agent.jobs.logs import MOST_BYTES_A_SYNC, readable
from agent.node_logs.sources import HEAD_RESOURCE, DashboardFiles, File, HostFiles, whole_lines
from agent.watches import View, pause_after

if TYPE_CHECKING:
    Node = dict[str, Any]
    Key = tuple[str, str]  # our name of the node, name of the file
    Part = dict[str, Any]

READ_EVERY_SECONDS = 1.0
# One node's error files at a time, in turns: cheap, and nothing is lost when a node dies.
SWEEP_EVERY_SECONDS = 3.0
FIRST_BYTES = 64 * 1024  # of a file that Mobula has nothing of: its end
MOST_WAITING_BYTES = 512 * 1024
MOST_DEAD = 100
ERRORS = ".err"


class NodeLogWatch:
    """Reads the files and keeps what is new of them until Mobula has it.

    Mobula says how far it has each file; of a new one only the end is sent.
    """

    def __init__(self, view: View, *, host: HostFiles, others: DashboardFiles | None) -> None:
        self._view = view
        self._host = host
        self._others = others  # None: all nodes are on this host
        self._lock = threading.Lock()
        self._again = threading.Event()
        self._followed: list[str] = []
        self._dead: deque[str] = deque(maxlen=MOST_DEAD)
        self._known_dead: set[str] = set()
        self._swept = ""
        self._offsets: dict[Key, int] = {}
        self._parts: dict[Key, Part] = {}
        self._is_wanted = False  # an earlier Mobula does not know these logs

    def start(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._run, daemon=True).start()

    def see_dead(self, names: set[str]) -> None:
        """Read what nodes of this host that died have left, before it is removed."""
        new = names - self._known_dead
        self._known_dead = names
        if new and self._others is None:
            self._dead.extend(sorted(new))
            self._again.set()

    def parts(self) -> list[Part]:
        """Return the parts of files to send now, 64 kB in all."""
        room, parts = MOST_BYTES_A_SYNC, []
        with self._lock:
            for part in self._parts.values() if self._is_wanted else ():
                room -= len(part["text"].encode("utf-8"))
                if room < 0:
                    break
                parts.append(part)
        return parts

    def acknowledge(self, sent: list[Part], answer: dict[str, Any] | None) -> None:
        """Go on from where Mobula's copies end, with the nodes that somebody reads now."""
        self._is_wanted = answer is not None
        answer = answer or {}
        offsets = answer.get("offsets") or {}
        with self._lock:
            self._followed = [str(name) for name in answer.get("read") or ()]
            for part in sent:
                key = part["node"], part["file"]
                end = part["offset"] + len(part["text"].encode("utf-8"))
                # What Mobula says nothing of it does not want.
                self._offsets[key] = int((offsets.get(key[0]) or {}).get(key[1], end))
                self._parts.pop(key, None)
        if sent:
            self._again.set()

    def look(self) -> None:
        """Read once: the dead, the nodes that are followed, and the error files of one more."""
        if not self._is_wanted:
            return
        self._host.session = self._view.session
        nodes = {str(node["node"]): node for node in self._view.nodes if node["node"]}
        while self._dead:
            name = self._dead.popleft()
            self._take({"node": name, "total": {}})
        for name in self._followed:
            if name in nodes:
                self._take(nodes[name])
        if following := min((name for name in nodes if name > self._swept), default=""):
            self._take(nodes[following], only=ERRORS)
        self._swept = following
        self._forget_all_but(nodes)

    def _take(self, node: Node, *, only: str = "") -> None:
        """Read on in each of the node's files, errors first; what cannot be read is left out."""
        is_here = self._others is None or HEAD_RESOURCE in node["total"]
        source = self._host if is_here or self._others is None else self._others
        try:
            files = source.files(node)
            for name in sorted(files, key=lambda name: (not name.endswith(ERRORS), name)):
                if name.endswith(only) and self._has_room():
                    self._read(source, node, name, files[name])
        except (OSError, DashboardError, ValueError, KeyError, TypeError):
            return

    def _has_room(self) -> bool:
        with self._lock:
            return sum(len(part["text"]) for part in self._parts.values()) < MOST_WAITING_BYTES

    def _read(self, source: HostFiles | DashboardFiles, node: Node, name: str, file: File) -> None:
        key = str(node["node"]), name
        with self._lock:
            offset = self._offsets.get(key)
            if key in self._parts or (offset is not None and offset == file.size):
                return
        if offset is None:
            offset = max(0, (file.size or 0) - FIRST_BYTES)
        elif file.size is not None and file.size < offset:
            offset = 0  # the file began anew
        begin, chunk = source.read(node, name, offset)
        text = readable(whole_lines(chunk))
        if not text:
            return
        part = {
            "node": key[0], "file": name, "offset": begin, "text": text,
            "size": max(file.size or 0, begin + len(text.encode("utf-8"))),
            "modified_at": file.modified_at,
        }  # fmt: skip
        with self._lock:
            self._parts[key] = part

    def _forget_all_but(self, nodes: dict[str, Node]) -> None:
        with self._lock:
            for key in [key for key in self._offsets if key[0] not in nodes]:
                if key not in self._parts:
                    del self._offsets[key]

    def _run(self) -> None:
        while True:
            started = time.monotonic()
            self.look()
            least = READ_EVERY_SECONDS if self._followed else SWEEP_EVERY_SECONDS
            rest = pause_after(time.monotonic() - started, at_least=least)
            if self._again.wait(rest):
                self._again.clear()
                time.sleep(0.05)
