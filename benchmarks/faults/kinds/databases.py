"""Faults of the database: no connection left, and a clock that was stepped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

import psycopg

from benchmarks.faults.fault import Scene
from mobula.stack.postgres import PostgresServer

# Tables with moments by which the console decides what to do now. To it, a step of the clock looks
# as if all of them had been moved the other way; a machine's clock cannot be set in a container.
TABLES = ("clusters_cluster", "clusters_run", "clusters_node", "clusters_cooldown")
# The ledger has these moments too, and compares.
KEPT = ("booted_at", "ready_at", "ended_at")
COLUMNS = """SELECT table_name, column_name FROM information_schema.columns
    WHERE data_type = 'timestamp with time zone' AND table_name = ANY(%s)
        AND NOT column_name = ANY(%s)"""


@contextmanager
def exhausted(scene: Scene) -> Iterator[None]:
    """Take every connection that the server has left, and give them back later."""
    url = PostgresServer(scene.mobula.home.postgres).url
    with ExitStack() as stack:
        try:
            while True:
                stack.enter_context(psycopg.connect(url))
        except psycopg.OperationalError:
            yield  # there are no more


def stepped(hours: int) -> Callable[[Scene], AbstractContextManager[None]]:
    """Return the fault that steps the clock by so many hours, back if negative."""
    return partial(_stepped, hours=hours)


@contextmanager
def _stepped(scene: Scene, *, hours: int) -> Iterator[None]:
    with psycopg.connect(PostgresServer(scene.mobula.home.postgres).url) as connection:
        columns = connection.execute(COLUMNS, [list(TABLES), list(KEPT)]).fetchall()
        for table in TABLES:
            moved = ", ".join(
                f"{column} = {column} - interval '{hours} hours'"
                for of, column in columns
                if of == table
            )
            connection.execute(f"UPDATE {table} SET {moved}".encode())  # noqa: S608 - names
    yield
