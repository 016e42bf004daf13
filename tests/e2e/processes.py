"""The processes of local Ray nodes below one home, read from the system and from nothing else."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

MARK = "MOBULA_NODE"
DIRECTORY_MARK = "MOBULA_NODE_DIR"
RAYLET, GCS = "raylet", "gcs_server"


class NodeProcess(NamedTuple):
    """A process that belongs to the node called `node`."""

    node: str
    program: str
    process: psutil.Process


def node_processes(home: Path) -> list[NodeProcess]:
    """Return every living process of a node of this installation, children without a mark too."""
    found: dict[int, NodeProcess] = {}
    directories = _ray_directories(home)
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if node := _marked(process, home, directories):
                for each in [process, *process.children(recursive=True)]:
                    with suppress(psutil.Error):
                        found.setdefault(each.pid, NodeProcess(node, _program(each), each))
    return [each for each in found.values() if _lives(each.process)]


def live_nodes(home: Path) -> set[str]:
    """Return the names of the nodes that have any process left."""
    return {each.node for each in node_processes(home)}


def raylets(home: Path) -> Counter[str]:
    """Return how many raylets each node has: more than one is a node started twice."""
    return Counter(each.node for each in node_processes(home) if each.program == RAYLET)


def program_of(home: Path, node: str, *, program: str) -> psutil.Process:
    """Return the process of `node` that runs `program`, such as its raylet."""
    return next(p.process for p in node_processes(home) if (p.node, p.program) == (node, program))


def kill_nodes(home: Path) -> set[str]:
    """Kill whatever is left of this installation's nodes; return whose processes there were."""
    left: set[str] = set()
    while processes := node_processes(home):
        for each in processes:
            left.add(each.node)
            with suppress(psutil.NoSuchProcess):
                each.process.kill()
        psutil.wait_procs([each.process for each in processes], timeout=5)
    return left


def _marked(process: psutil.Process, home: Path, directories: Sequence[Path]) -> str:
    """Return the node that the process was started for, "" for processes of no node of ours."""
    environment = process.environ()
    if Path(environment.get(DIRECTORY_MARK, "/")).is_relative_to(home):
        return environment.get(MARK, "?")
    # Some of Ray's processes overwrite their environment with a title: they work in its directory.
    with suppress(psutil.Error):
        work = Path(process.cwd())
        return next((path.name for path in directories if work.is_relative_to(path)), "")
    return ""


def _ray_directories(home: Path) -> Sequence[Path]:
    """Return the nodes' Ray directories, each with the name of its node."""
    directories = []
    for record in (home / "local").glob("*/*/node.json"):
        with suppress(FileNotFoundError):
            directories.append(Path(json.loads(record.read_text())["temp_dir"]))
    return directories


def _program(process: psutil.Process) -> str:
    with suppress(psutil.Error, IndexError):
        return os.path.basename(process.cmdline()[0])  # noqa: PTH119 - a title is no path
    return ""


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False
