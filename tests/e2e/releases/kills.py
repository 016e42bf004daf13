"""What is killed, and the rows that catch a step in its midst.

A transaction of ours holds a row that the step needs, mostly one whose foreign key it checks as it
commits. Whoever waits for it has written the step, all or nearly all, and committed nothing.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil
import psycopg

from mobula.stack.postgres import PostgresServer
from tests.e2e.stack import Console
from tests.e2e.waiting import eventually

type Kill = Callable[[Console, int], None]

AUTHOR = "SELECT 1 FROM accounts_user ORDER BY id LIMIT 1 FOR UPDATE"
"""Who asks for each release: moving it, or going back, needs this row to commit."""

APPROVER = "SELECT 1 FROM accounts_user WHERE email LIKE '%%-approver@example.org' FOR UPDATE"
CLUSTER = "SELECT 1 FROM clusters_cluster WHERE id = %s FOR UPDATE"
CURRENT = """SELECT 1 FROM promotions_release
    WHERE template_id = %s AND replaced_at IS NULL FOR NO KEY UPDATE"""


@dataclass(frozen=True, kw_only=True)
class Strike:
    """A kill when something waits for rows; `rows` is a locking query with its values.

    `act` is what leads there, in a thread of its own: a request whose server is killed fails.
    `ready` tells the step from others that may wait for the rows.
    """

    rows: tuple[object, ...]
    kill: Kill
    act: Callable[[], object] | None = None
    ready: Callable[[], bool] = lambda: True

    @property
    def ends_connections(self) -> bool:
        """Whether our own connections end with it."""
        return self.kill in {backend_killed, database_shut_down}


@contextmanager
def held(mobula: Console, lock: str, *values: object) -> Iterator[int]:
    """Hold rows until the block ends, or the server does; yield the id of our backend."""
    connection = psycopg.connect(PostgresServer(mobula.home.postgres).url)
    try:
        connection.execute(lock.encode(), values)
        yield connection.info.backend_pid
    finally:
        with suppress(psycopg.Error):
            connection.rollback()
        connection.close()


def is_gone(backend: int) -> bool:
    """Return whether a backend has ended."""
    return not psutil.pid_exists(backend)


@contextmanager
def held_soon(mobula: Console, strike: Strike) -> Iterator[int]:
    """Hold the rows of a strike as soon as the database answers."""

    def answers() -> bool:
        with suppress(psycopg.OperationalError):
            return bool(mobula.rows("SELECT 1 AS one"))
        return False

    eventually(answers, what="the database answers")
    with held(mobula, *strike.rows) as holder:
        yield holder


@contextmanager
def frozen(mobula: Console) -> Iterator[None]:
    """Stop the workers, with their pools, until the block ends."""
    groups = [mobula.programs()[name].pid for name in ("worker", "slow-worker")]
    for group in groups:
        os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        for group in groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGCONT)


def waiting_for(mobula: Console, holder: int) -> int:
    """Return a backend that waits for what `holder` has, 0 if there is none."""
    query = "SELECT pid FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid)) LIMIT 1"
    return next((int(row["pid"]) for row in mobula.rows(query, holder)), 0)


def program_killed(*names: str) -> Kill:
    """Return what kills programs of the stack with their children."""

    def kill(mobula: Console, _: int) -> None:
        running = mobula.programs()
        for name in names:
            if name in running:
                os.killpg(running[name].pid, signal.SIGKILL)

    return kill


def backend_killed(_: Console, backend: int) -> None:
    """Kill the backend that waits: PostgreSQL ends all others and recovers from its log."""
    os.kill(backend, signal.SIGKILL)


def session_killed(mobula: Console, _: int) -> None:
    """Kill a backend that serves Mobula, whichever works at this moment if one does."""
    query = """SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'
        AND pid <> pg_backend_pid() ORDER BY state = 'idle', random() LIMIT 1"""
    for row in mobula.rows(query):
        with suppress(ProcessLookupError):
            os.kill(int(row["pid"]), signal.SIGKILL)


def database_shut_down(mobula: Console, _: int) -> None:
    """Shut PostgreSQL down immediately, as `pg_ctl stop -m immediate` does."""
    if running := mobula.programs().get("postgres"):
        os.kill(running.pid, signal.SIGQUIT)
