"""What a job of one cluster should not get at, and what it did get."""

from __future__ import annotations

import json
from typing import Any

import psutil

from mobula.stack.postgres import SOCKET as POSTGRES_SOCKET
from mobula.stack.postgres import PostgresServer
from mobula.stack.valkey import ValkeyServer
from providers.local import accounts
from tests.e2e.cluster import DrivenCluster
from tests.e2e.processes import node_processes
from tests.e2e.stack import Console


def targets(mobula: Console, victim: DrivenCluster) -> dict[str, Any]:
    """Return the files, sockets and processes of the installation and of another cluster."""
    home = mobula.home
    directory = home.path / "local" / str(victim.row["handle"])
    account = accounts.account_of(directory.resolve())
    shared = [account.path] if account else []
    files = [home.path / "secret-key", directory / "token"]
    files += [path for place in [directory, *shared] for path in place.rglob("*.json")]
    files += [path / "token" for path in shared]
    assert mobula.process is not None
    processes = {name: found.pid for name, found in mobula.programs().items()}
    processes["supervisor"] = mobula.process.pid
    for process in node_processes(home.path):
        if process.node.startswith(f"{victim.row['handle']}-"):
            processes[f"{process.program} {process.process.pid} of {process.node}"] = (
                process.process.pid
            )
    postgres = PostgresServer(home.postgres)
    return {
        "files": [str(path) for path in files],
        "directories": [str(path) for path in (home.path, home.run, home.log, directory, *shared)],
        "sockets": [str(postgres.socket / POSTGRES_SOCKET), str(ValkeyServer(home.valkey).socket)],
        "processes": processes,
    }


def result(log: str) -> dict[str, Any]:
    """Return what the job printed."""
    line = next(line for line in log.splitlines() if line.startswith("attack "))
    answer: dict[str, Any] = json.loads(line.removeprefix("attack "))
    return answer


def command_lines() -> str:
    """Return the command lines of all processes of this machine."""
    lines = (process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"]))
    return "\n".join(" ".join(line) for line in lines)
