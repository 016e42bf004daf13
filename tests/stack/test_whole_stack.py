"""`mobula up` as a whole, with real processes: from an empty directory to nothing left running."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from mobula.stack.health import answers
from mobula.stack.identity import Identity
from mobula.stack.postgres import PostgresServer
from mobula.stack.programs import ORDER
from mobula.stack.roles import SERVING
from tests.stack.waiting import until

ROOT = Path(__file__).parents[2]


@dataclass
class Up:
    """One `mobula up` and where it keeps its state."""

    process: subprocess.Popen[bytes]
    home: Path
    port: int
    output: Path

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    def said(self) -> str:
        """Return what it has printed so far."""
        return self.output.read_text()

    def healthy(self) -> bool:
        """Return whether its web process answers; fails when it has ended."""
        assert self.process.poll() is None, self.said()
        return answers(self.port, url=self.url)

    def ready(self) -> bool:
        """Return whether it has printed its summary; fails when it has ended."""
        assert self.process.poll() is None, self.said()
        return "Mobula is ready" in self.said()

    def children(self) -> dict[str, Identity]:
        """Return its programs by name, as the pid files tell."""
        found = {name: Identity.read(self.home / "run" / f"{name}.pid") for name in ORDER}
        return {name: identity for name, identity in found.items() if identity}


Start = Callable[[], Up]


@pytest.fixture
def start(short_path: Path) -> Iterator[Start]:
    """Starts `mobula up` on one home and port, again and again."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    started: list[Up] = []

    def up() -> Up:
        home = short_path / "home"
        output = short_path / f"output-{len(started)}"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "mobula.cli", "up"],
                env=environment(MOBULA_HOME=str(home), MOBULA_PORT=str(port)),
                cwd=ROOT,
                stdout=stream,
                stderr=stream,
            )
        started.append(Up(process=process, home=home, port=port, output=output))
        return started[-1]

    yield up
    for each in started:
        stop(each)


def environment(**ours: str) -> Mapping[str, str]:
    """Return the environment without the tests' own servers."""
    hidden = {"DATABASE_URL", "BROKER_URL", "DJANGO_SETTINGS_MODULE"}
    return {
        **{k: v for k, v in os.environ.items() if k not in hidden and not k.startswith("MOBULA_")},
        **ours,
    }


def stop(up: Up) -> None:
    """Stop it as a service manager would."""
    up.process.send_signal(signal.SIGTERM)
    up.process.wait(timeout=180)


def heals(up: Up) -> None:
    """Kill each of its programs and see it start again."""
    for name, identity in up.children().items():
        os.kill(identity.pid, signal.SIGKILL)
        line = f"{name} is running again."
        until(lambda line=line: line in up.said())
    until(up.healthy)


def roles_of_clients(up: Up) -> set[str]:
    """Return the roles that its programs are connected to the database as."""
    with psycopg.connect(PostgresServer(up.home / "postgres").superuser_url) as connection:
        rows = connection.execute(
            """SELECT DISTINCT usename FROM pg_stat_activity
               WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""
        )
        return {role for (role,) in rows}


def test_it_starts_heals_is_taken_over_and_leaves_nothing_running(start: Start) -> None:
    first = start()
    until(first.ready)
    assert first.said().splitlines()[:3] == [
        "Starting PostgreSQL and Valkey…",
        "Preparing the database…",
        "Starting web, worker and scheduler…",
    ]
    assert first.url in first.said()
    assert "Sign in for the first time (this link works once):" in first.said()
    until(lambda: set(first.children()) == set(ORDER))
    assert roles_of_clients(first) == {SERVING}
    heals(first)

    # A supervisor that is killed cannot tidy up; the next one does it for it.
    leftovers = first.children()
    first.process.kill()
    first.process.wait()
    second = start()
    until(second.ready)
    assert second.said().count("which a killed `mobula up` had left running") == len(ORDER)
    assert not any(identity.alive() for identity in leftovers.values())
    until(lambda: set(second.children()) == set(ORDER))

    refused = start()
    assert refused.process.wait(timeout=180) == 2
    assert f"Another `mobula up` (process {second.process.pid}) already uses" in refused.said()
    assert second.healthy()

    everything = psutil.Process(second.process.pid).children(recursive=True)
    stop(second)
    assert second.process.returncode == 0
    assert not [process for process in everything if process.is_running()]
    assert not list((second.home / "run").glob("*.pid"))
