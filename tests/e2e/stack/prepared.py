"""A database that has Mobula's tables already, copied for installations that only need one.

Making the tables takes longer than all else of a first start. The tests of the first start itself
make them (`console(is_prepared=False)`); no other is about that.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import psycopg

from mobula.stack.home import ROOT, Home
from mobula.stack.postgres import PostgresServer
from tests.e2e.stack.environment import plain_environment
from tests.servers import open_directory


def prepare(home: Home) -> None:
    """Give an installation that has never run the files of a database with tables."""
    server = PostgresServer(home.postgres)
    # With its owner, who may be another account than ours.
    subprocess.run(["cp", "--archive", _tables(), server.data], check=True)


@cache
def _tables() -> Path:
    """Return the files of a stopped PostgreSQL that has the tables; made once in a session."""
    directory = open_directory("mobula-tables-")
    with PostgresServer(directory / "postgres", durable=False) as server:
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
            env={
                **plain_environment(),
                "DJANGO_SETTINGS_MODULE": "mobula.settings",
                "DATABASE_URL": server.owner_url,
                "BROKER_URL": "redis://127.0.0.1:1",
                "MOBULA_HOME": str(directory / "home"),
                "MOBULA_SECRET_KEY": "for these tables alone: 0123456789 0123456789 0123456789",
                "MOBULA_URL": "http://127.0.0.1:8000",
            },
            cwd=ROOT,
            check=True,
        )
        # Each installation has a name of its own, drawn when its row is missing.
        with psycopg.connect(server.superuser_url) as connection:
            connection.execute("DELETE FROM clouds_installation")
    return server.data
