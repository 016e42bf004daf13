"""The embedded PostgreSQL: starts, survives, stays private, runs without root."""

import os
import shutil
import signal
import stat
from pathlib import Path

import psutil
import psycopg
import pytest

from mobula.stack import postgres
from mobula.stack.accounts import database_account
from mobula.stack.errors import StackError
from mobula.stack.postgres import PostgresServer
from tests.stack.waiting import until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers for others")
pytestmark = pytest.mark.usefixtures("no_child_left")


def write(server: PostgresServer, value: int) -> None:
    """Commit one number."""
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS number (value int)")
        connection.execute("INSERT INTO number VALUES (%s)", [value])


def read(server: PostgresServer) -> list[int]:
    """Return all numbers, in order."""
    with psycopg.connect(server.url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM number ORDER BY value")]


def test_rows_are_there_after_a_restart(short_path: Path) -> None:
    with PostgresServer(short_path / "postgres") as server:
        write(server, 1)
    with PostgresServer(short_path / "postgres") as server:
        write(server, 2)
        assert read(server) == [1, 2]


def test_committed_rows_survive_sigkill(short_path: Path) -> None:
    directory = short_path / "postgres"
    with PostgresServer(directory) as server:
        write(server, 1)
        assert server.process.pid
        os.kill(server.process.pid, signal.SIGKILL)
        until(lambda: not server.process.running())
    with PostgresServer(directory) as server:
        assert read(server) == [1]


def test_stopping_leaves_no_process_and_no_pid_file(short_path: Path) -> None:
    with PostgresServer(short_path / "postgres") as server:
        assert server.process.pid
        family = psutil.Process(server.process.pid).children()
        assert family
    assert not any(process.is_running() for process in family)
    assert not list(short_path.glob("*.pid"))


def test_it_listens_on_no_network_address(servers: object) -> None:
    del servers
    pid = next(
        process.pid for process in psutil.Process().children() if process.name() == "postgres"
    )
    assert psutil.Process(pid).net_connections("inet") == []


def test_its_directories_are_closed_to_others(short_path: Path) -> None:
    server = PostgresServer(short_path / "postgres")
    for directory in (server.directory, server.socket):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert directory.stat().st_uid == database_account().uid


def test_a_long_path_gets_a_short_socket_that_stays_the_same(short_path: Path) -> None:
    directory = short_path / ("long-" * 20) / "postgres"
    server = PostgresServer(directory, durable=False)
    try:
        assert len(os.fsencode(server.socket / postgres.SOCKET)) <= 107
        assert PostgresServer(directory).socket == server.socket
        with server:
            write(server, 1)
    finally:
        shutil.rmtree(server.socket)


def test_a_killed_initdb_is_done_again(short_path: Path) -> None:
    server = PostgresServer(short_path / "postgres", durable=False)
    (server.directory / "data.new").mkdir()
    (server.directory / "data.new" / "half").write_text("")
    with server:
        write(server, 1)


def test_a_server_whose_files_vanished_does_not_start_empty(short_path: Path) -> None:
    with PostgresServer(short_path / "postgres", durable=False) as server:
        server.process.stop()
        shutil.rmtree(server.data)
        with pytest.raises(StackError, match="are missing"):
            server.process.start()
        assert not server.data.exists()


def test_a_lock_whose_process_id_now_belongs_to_another_is_cleared(short_path: Path) -> None:
    with PostgresServer(short_path / "postgres", durable=False) as server:
        write(server, 1)
    lock = server.data / "postmaster.pid"
    lock.write_text(f"{os.getppid()}\n{server.data}\n")
    with PostgresServer(short_path / "postgres", durable=False) as server:
        assert read(server) == [1]


def test_data_of_an_absent_version_is_refused_with_the_next_step(short_path: Path) -> None:
    server = PostgresServer(short_path / "postgres")
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(StackError, match="PostgreSQL 9, which is not installed"):
        server.program()


@as_root
def test_as_root_it_runs_as_nobody(short_path: Path) -> None:
    with PostgresServer(short_path / "postgres", durable=False) as server:
        assert psutil.Process(server.process.pid).username() == "nobody"


@as_root
def test_as_root_a_closed_home_keeps_its_mode_and_the_files_go_elsewhere(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = short_path / "elsewhere"
    elsewhere.mkdir(mode=0o711)
    monkeypatch.setattr("mobula.stack.accounts.STATE_ROOTS", (elsewhere,))
    closed = short_path / "closed"
    closed.mkdir(mode=0o700)
    with PostgresServer(closed / "postgres", durable=False) as server:
        write(server, 1)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert (closed / "postgres").resolve().parent == elsewhere
    with PostgresServer(closed / "postgres", durable=False) as server:
        assert read(server) == [1]
    assert len(list(elsewhere.iterdir())) == 1


@as_root
def test_as_root_programs_that_nobody_can_run_are_copied(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = short_path / "closed"
    closed.mkdir(mode=0o700)
    original = postgres._bundled(version=None)
    package = original.parent
    installation = closed / package.name / original.name
    shutil.copytree(original, installation)
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    monkeypatch.setattr(postgres, "_bundled", lambda **_: installation)
    with PostgresServer(short_path / "postgres", durable=False) as server:
        write(server, 1)
        assert server.program().command[0].startswith(str(server.directory))
