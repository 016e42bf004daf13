"""After a power failure: every process is gone, and others have got their ids."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.faults.fault import Scene
from benchmarks.faults.watch import node_records
from mobula.stack.accounts import SystemAccount
from mobula.stack.postgres import SOCKET, PostgresServer
from tests.e2e.processes import kill_nodes
from tests.e2e.stack import Console


@contextmanager
def ids_reused(scene: Scene) -> Iterator[None]:
    """Kill the console, give its ids to strangers, and start it; nodes live on."""
    mobula = scene.mobula
    mobula.crash()
    with strangers(mobula) as living:
        note_strangers(mobula, living)
        mobula.start()
        assert all(stranger.poll() is None for stranger in living), "A stranger was ended."
        yield


@contextmanager
def power_failed(scene: Scene) -> Iterator[None]:
    """Kill the console and all nodes, give all their ids to strangers, and start it."""
    mobula = scene.mobula
    mobula.crash()
    kill_nodes(mobula.home.path)
    with strangers(mobula) as living:
        note_strangers(mobula, living)
        for record in node_records(mobula.home.path):
            content = {**record.content, "pid": living[0].pid, "ray_pid": living[0].pid}
            (record.directory.path / "node.json").write_text(json.dumps(content))
        mobula.start()
        yield
        assert all(stranger.poll() is None for stranger in living), "A stranger was ended."


@contextmanager
def strangers(mobula: Console) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Yield processes that Mobula did not start: one of our account, one of the database's."""
    accounts = (None, PostgresServer(mobula.home.postgres).account)
    with ExitStack() as stack:
        yield [_stranger(stack, account) for account in accounts]


def note_strangers(mobula: Console, living: list[subprocess.Popen[bytes]]) -> None:
    """Write the strangers' ids wherever the id of a program of the console stood."""
    ours, databases = (process.pid for process in living)
    for file in mobula.home.run.glob("*.pid"):
        noted = {**json.loads(file.read_text()), "pid": ours}
        file.write_text(json.dumps(noted))
    server = PostgresServer(mobula.home.postgres)
    for lock in (server.data / "postmaster.pid", server.socket / f"{SOCKET}.lock"):
        _replace_first_line(lock, str(databases))


def _stranger(stack: ExitStack, account: SystemAccount | None) -> subprocess.Popen[bytes]:
    other = None if account is None or account.is_own else account
    process = stack.enter_context(
        subprocess.Popen(
            ["sleep", "600"],
            user=other.uid if other else None,
            group=other.gid if other else None,
            extra_groups=() if other else None,
            cwd="/",
        )
    )
    stack.callback(process.kill)
    return process


def _replace_first_line(file: Path, line: str) -> None:
    if file.exists():
        file.write_text("\n".join([line, *file.read_text().splitlines()[1:]]) + "\n")
