"""A PostgreSQL and a Valkey of their own for the tests, started when the first test needs them."""

import atexit
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mobula.stack.postgres import PostgresServer
from mobula.stack.valkey import ValkeyServer
from tests import guard


@dataclass(frozen=True)
class Servers:
    """The two servers of a test session and the directory that is thrown away after it."""

    directory: Path
    postgres: PostgresServer
    valkey: ValkeyServer


def open_directory(prefix: str) -> Path:
    """Return a new short directory that PostgreSQL's account can enter, unlike pytest's own.

    It is removed when the session ends; a guard ends what still works in it then.
    """
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    directory.chmod(0o711)
    guard.watch(directory)
    atexit.register(remove, directory)
    return directory


def remove(directory: Path) -> None:
    """Remove a directory that was opened."""
    guard.remove(directory)
    guard.forget(directory)


def prepare() -> Servers:
    """Return servers that do not run yet; their addresses are known and set for Django."""
    directory = open_directory("mobula-tests-")
    servers = Servers(
        directory=directory,
        postgres=PostgresServer(directory / "postgres", durable=False),
        valkey=ValkeyServer(directory / "valkey"),
    )
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "mobula.settings",
        # The superuser's: tests make a database of their own, and flush append-only tables.
        "DATABASE_URL": servers.postgres.superuser_url,
        "BROKER_URL": servers.valkey.url,
        "MOBULA_SECRET_KEY": "for tests alone, long enough for Django's own check: 0123456789",
        "MOBULA_HOME": str(directory / "home"),
        "MOBULA_URL": "http://127.0.0.1:8000",
        "MOBULA_WORKSPACES_URL": "http://*.localhost:8001",
        # A pooled connection of a server's thread would outlive the test and hold the database.
        "MOBULA_DB_POOL": "0",
    }
    return servers


@contextmanager
def running(servers: Servers) -> Iterator[Servers]:
    """Run both servers for as long as the block lasts."""
    with ExitStack() as stack:
        stack.enter_context(servers.postgres)
        stack.enter_context(servers.valkey)
        yield servers
