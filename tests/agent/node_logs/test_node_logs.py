"""Log files of nodes: those that somebody reads come whole, error files of all nodes in turns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.jobs.logs import MOST_BYTES_A_SYNC
from agent.node_logs.sources import (
    MOST_BYTES_A_READ,
    DashboardFiles,
    HostFiles,
    is_node_log,
)
from agent.node_logs.watch import FIRST_BYTES, MOST_WAITING_BYTES, NodeLogWatch
from agent.watches import View

SESSION = "session_1"


def write(root: Path, node: str, name: str, text: str) -> None:
    path = root / node / SESSION / "logs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


class Mobula:
    """Stores what the agent sends and answers how far it has each file."""

    def __init__(self, watch: NodeLogWatch) -> None:
        self.watch = watch
        self.files: dict[tuple[str, str], str] = {}
        self.read: list[str] = []
        watch.acknowledge([], {"read": [], "offsets": {}})

    def sync(self, *, looks: int = 1) -> list[dict[str, Any]]:
        for _ in range(looks):
            self.watch.look()
        sent = self.watch.parts()
        offsets: dict[str, dict[str, int]] = {}
        for part in sent:
            key = part["node"], part["file"]
            self.files[key] = self.files.get(key, "") + part["text"]
            end = part["offset"] + len(part["text"].encode())
            offsets.setdefault(key[0], {})[key[1]] = end
        self.watch.acknowledge(sent, {"read": self.read, "offsets": offsets})
        return sent

    def names(self) -> set[tuple[str, str]]:
        return set(self.files)


def watching(root: Path, *nodes: str) -> Mobula:
    view = View()
    view.session = SESSION
    view.nodes = [{"node": node, "ray_node_id": node, "total": {}} for node in nodes]
    return Mobula(NodeLogWatch(view, host=HostFiles(node_dirs=str(root)), others=None))


@pytest.mark.parametrize("name", ["raylet.out", "gcs_server.err", "dashboard_agent.log"])
def test_a_log_of_the_node_is_one(name: str) -> None:
    assert is_node_log(name)


@pytest.mark.parametrize(
    "name",
    ["worker-a-b-1.out", "job-driver-x.log", "python-core-worker-a_1.log", "debug_state.txt",
     "dashboard_JobHead.log", "../x.log", ".x.log", "events"],
)  # fmt: skip
def test_output_of_jobs_is_none(name: str) -> None:
    assert not is_node_log(name)


def test_error_files_come_from_every_node_in_turn_and_others_only_when_read(
    tmp_path: Path,
) -> None:
    for node in ("a", "b"):
        write(tmp_path, node, "raylet.err", "oh\n")
        write(tmp_path, node, "raylet.out", "fine\n")
        write(tmp_path, node, "worker-a-b-1.err", "of a job\n")
    mobula = watching(tmp_path, "a", "b")
    mobula.sync(looks=3)
    assert mobula.names() == {("a", "raylet.err"), ("b", "raylet.err")}
    mobula.read = ["b"]
    for _ in range(3):
        mobula.sync()
    assert mobula.files["b", "raylet.out"] == "fine\n"
    assert ("a", "raylet.out") not in mobula.files


def test_a_file_that_is_read_is_followed(tmp_path: Path) -> None:
    mobula = watching(tmp_path, "a")
    mobula.read = ["a"]
    mobula.sync()
    for line in ("one\n", "two é\n"):
        write(tmp_path, "a", "raylet.out", line)
        mobula.sync()
    assert mobula.files["a", "raylet.out"] == "one\ntwo é\n"
    assert mobula.sync() == []


def test_of_a_long_file_only_the_end_comes_and_in_whole_lines(tmp_path: Path) -> None:
    write(tmp_path, "a", "raylet.out", "123456789\n" * 30_000)
    mobula = watching(tmp_path, "a")
    mobula.read = ["a"]
    mobula.sync()
    (first,) = mobula.sync()
    assert first["offset"] == 300_000 - FIRST_BYTES
    assert len(first["text"]) <= MOST_BYTES_A_READ
    assert first["text"].endswith("9\n")
    assert first["size"] == 300_000
    for _ in range(5):
        mobula.sync()
    assert len(mobula.files["a", "raylet.out"]) == FIRST_BYTES


def test_a_sync_carries_only_so_much_and_little_is_kept_in_memory(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path, "a", f"log{number}.out", "x" * 99_999 + "\n")
    mobula = watching(tmp_path, "a")
    mobula.read = ["a"]
    mobula.sync()
    mobula.watch.look()
    waiting = sum(len(part["text"]) for part in mobula.watch._parts.values())
    assert waiting <= MOST_WAITING_BYTES + MOST_BYTES_A_READ
    assert sum(len(part["text"]) for part in mobula.watch.parts()) <= MOST_BYTES_A_SYNC


def test_a_file_that_began_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    write(tmp_path, "a", "raylet.err", "a long line\n")
    mobula = watching(tmp_path, "a")
    mobula.sync()
    (tmp_path / "a" / SESSION / "logs" / "raylet.err").write_text("new\n")
    (part,) = mobula.sync(looks=2)
    assert (part["offset"], part["text"]) == (0, "new\n")


def test_what_a_dead_node_left_is_read_at_once(tmp_path: Path) -> None:
    write(tmp_path, "dead", "raylet.out", "the end\n")
    mobula = watching(tmp_path, "a")
    mobula.watch.see_dead({"dead"})
    mobula.sync()
    mobula.watch.see_dead({"dead"})
    assert mobula.files["dead", "raylet.out"] == "the end\n"
    assert mobula.sync() == []


def test_an_earlier_mobula_is_sent_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a", "raylet.err", "oh\n")
    mobula = watching(tmp_path, "a")
    mobula.watch.look()
    mobula.watch.acknowledge([], None)
    mobula.watch.look()
    assert mobula.watch.parts() == []


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("token\n")
    write(tmp_path, "a", "raylet.err", "oh\n")
    (tmp_path / "a" / SESSION / "logs" / "raylet.out").symlink_to(secret)
    mobula = watching(tmp_path, "a")
    mobula.read = ["a"]
    for _ in range(3):
        mobula.sync()
    assert mobula.names() == {("a", "raylet.err")}


class Tails:
    """A dashboard that shows the last lines of one file."""

    def __init__(self) -> None:
        self.content = b""

    def log_tail(self, _node: str, _name: str, *, lines: int) -> bytes:
        return b"".join(self.content.splitlines(keepends=True)[-lines:])


def test_tails_of_rays_log_service_are_joined() -> None:
    tails, node = Tails(), {"node": "a", "ray_node_id": "ff"}
    files = DashboardFiles(tails)  # type: ignore[arg-type]
    tails.content = b"one\ntwo\n"
    assert files.read(node, "raylet.out", 0) == (0, b"one\ntwo\n")
    assert files.read(node, "raylet.out", 8) == (8, b"")
    tails.content += b"three\n"
    assert files.read(node, "raylet.out", 8) == (8, b"three\n")
    tails.content += b"more\n" * 600
    begin, chunk = files.read(node, "raylet.out", 14)
    assert (begin, chunk) == (15, b"more\n" * 500)  # a gap of unknown size
