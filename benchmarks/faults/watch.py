"""Looks, all the while, for nodes that were started twice, and for what should not be there."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import psutil

from providers.local.directories import ClusterDirectory
from providers.local.records import NodeRecord
from tests.e2e import books
from tests.e2e.processes import GCS, RAYLET, NodeProcess, live_nodes, node_processes
from tests.e2e.stack import Console

LOOK_EVERY_SECONDS = 0.5


class Watch:
    """Notes every raylet and GCS that ever ran; a name that had two was started twice."""

    def __init__(self, mobula: Console) -> None:
        self._mobula = mobula
        self._seen: dict[tuple[str, str], set[tuple[int, float]]] = defaultdict(set)
        self._two_heads: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def doubled(self) -> list[str]:
        """Return what was started twice: programs of one node, heads of one cluster."""
        programs = [
            f"{node} had {len(processes)} processes of {program}"
            for (node, program), processes in sorted(self._seen.items())
            if len(processes) > 1
        ]
        launches = self._mobula.rows(
            """SELECT node.name || ' was launched ' || count(*) || ' times' AS wrong
               FROM clusters_event AS event JOIN clusters_node AS node ON node.id = event.node_id
               WHERE event.to_state = 'booting' GROUP BY node.name HAVING count(*) > 1"""
        )
        return [*programs, *sorted(self._two_heads), *(row["wrong"] for row in launches)]

    def count(self) -> int:
        """Return how many nodes were seen running."""
        return len({node for node, program in self._seen if program == RAYLET})

    def _run(self) -> None:
        while not self._over.wait(LOOK_EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        heads: dict[str, set[str]] = defaultdict(set)
        for node_process in node_processes(self._mobula.home.path):
            if node_process.program in {RAYLET, GCS} and not _is_forking(node_process):
                with suppress(psutil.Error):
                    identity = (node_process.process.pid, node_process.process.create_time())
                    self._seen[node_process.node, node_process.program].add(identity)
            if node_process.program == GCS:
                heads[node_process.node.rpartition("-")[0]].add(node_process.node)
        self._two_heads |= {f"{c} has heads {sorted(n)}" for c, n in heads.items() if len(n) > 1}


def _is_forking(found: NodeProcess) -> bool:
    """Return whether it is a child that has not yet become the program it is meant to be."""
    with suppress(psutil.Error):
        parent = found.process.parent()
        return parent is not None and parent.cmdline() == found.process.cmdline()
    return True


def leaked(mobula: Console) -> list[str]:
    """Return the nodes that have processes though their row has ended, or is missing."""
    names = "SELECT name FROM clusters_node"
    ended = {row["name"] for row in mobula.rows(f"{names} WHERE state = 'terminated'")}
    alive = live_nodes(mobula.home.path)
    known = {row["name"] for row in mobula.rows(names)}  # after: a row comes before its machine
    return [f"{name} still runs" for name in sorted((alive & ended) | (alive - known))]


def lost(mobula: Console, *, final: bool = False) -> list[str]:
    """Return what is missing from the ledger or wrong in it."""
    if final:
        books.post_ledger(mobula)
    return books.wrong_entries(mobula, final=final)


def node_records(home: Path, names: Collection[str] | None = None) -> list[NodeRecord]:
    """Return the records of an installation's nodes, all or those with these names."""
    clusters = (path for path in (home / "local").glob("[!.]*") if path.is_dir())
    nodes = [node for path in clusters for node in ClusterDirectory(path).nodes()]
    records = [NodeRecord.read(n) for n in nodes if names is None or n.name in names]
    return [record for record in records if record is not None]
