"""Faults of the database: no connection left, and a clock that was stepped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

import psycopg

from benchmarks.faults.fault import Scene
from mobula.stack.postgres import PostgresServer

# Moments that decide what is done now. To the program a step of the clock looks as if all of them
# had been moved the other way; a machine's clock itself cannot be set in a container.
MOMENTS = {
    "clusters_cluster": ("lease_expires", "wake_at"),
    "clusters_run": ("agent_seen_at", "demand_at"),
    "clusters_cooldown": ("failed_at", "until"),
}


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
        for table, columns in MOMENTS.items():
            moved = ", ".join(f"{name} = {name} - interval '{hours} hours'" for name in columns)
            connection.execute(f"UPDATE {table} SET {moved}".encode())  # noqa: S608 - constants
    yield
