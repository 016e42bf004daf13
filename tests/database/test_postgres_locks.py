"""Lock files that a power failure left, whose process id another program has got."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mobula.stack.accounts import database_account
from mobula.stack.errors import StackError
from mobula.stack.postgres import SOCKET, PostgresServer
from mobula.stack.postgres_locks import clear_stale
from tests.servers import open_directory


@pytest.fixture
def stranger() -> Iterator[int]:
    """A living process of PostgreSQL's account: only such a one keeps PostgreSQL from starting."""
    account = database_account()
    user = None if account.is_own else account.uid
    with subprocess.Popen(["sleep", "600"], user=user, cwd="/") as process:
        yield process.pid
        assert process.poll() is None, "the stranger was ended"
        process.kill()


@pytest.fixture(scope="module")
def stopped() -> PostgresServer:
    """A server that has run and stopped."""
    server = PostgresServer(open_directory("mobula-locks-") / "postgres", durable=False)
    with server:
        pass
    return server


def locks(server: PostgresServer) -> tuple[Path, Path]:
    """Return the lock in the data directory and the one of the socket."""
    return server.data / "postmaster.pid", server.socket / f"{SOCKET}.lock"


@pytest.mark.parametrize("which", [(0,), (1,), (0, 1)], ids=["data", "socket", "both"])
def test_it_starts_although_another_program_has_the_process_id(
    stopped: PostgresServer, stranger: int, which: tuple[int, ...]
) -> None:
    for place in which:
        lines = f"{stranger}\n{stopped.data}\n1790000000\n5432\n{stopped.socket}\n"
        locks(stopped)[place].write_text(lines)
    with stopped:
        assert stopped.ready()


def test_a_server_of_other_data_is_neither_mistaken_for_ours_nor_ended(
    stopped: PostgresServer, servers: object
) -> None:
    del servers
    other = next(p for p in psutil.Process().children() if p.name() == "postgres")
    for lock in locks(stopped):
        lock.write_text(f"{other.pid}\n{stopped.data}\n")
    with stopped:
        assert stopped.ready()
    assert other.is_running()


def test_the_lock_of_a_living_server_stays(tmp_path: Path, servers: object) -> None:
    del servers
    other = next(p for p in psutil.Process().children() if p.name() == "postgres")
    data = Path(other.cmdline()[other.cmdline().index("-D") + 1])
    lock = tmp_path / "lock"
    lock.write_text(f"{other.pid}\n{data}\n")
    clear_stale(lock, data=data)
    with pytest.raises(StackError, match=f"Process {other.pid}, a PostgreSQL with its data in"):
        clear_stale(lock, data=tmp_path / "data")
    assert lock.exists()


@pytest.mark.parametrize("text", ["", "\n", "x\n", "-1\n", "0\n", "99999999999999999999\n"])
def test_a_lock_without_a_process_is_removed(tmp_path: Path, text: str) -> None:
    lock = tmp_path / "lock"
    lock.write_text(text)
    clear_stale(lock, data=tmp_path / "data")
    assert not lock.exists()
