"""What every test can ask for. Tests of `domain` ask for nothing and start no server."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

from tests import parallel
from tests.cast import adam, alice, bob, charlie, other, research  # noqa: F401
from tests.servers import Servers, prepare, running

# celpy raises the recursion limit to this when it reads a rule; Hypothesis complains if that
# happens in the middle of a test.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 2500))

# Django reads its settings after this module: pytest-django waits for DJANGO_SETTINGS_MODULE.
_SERVERS = prepare()
# Test modules, and the conftest.py of packages below, import models at their top.
django.setup()


def pytest_configure(config: pytest.Config) -> None:
    """Let workers find servers of their own: by this name they would load settings too early."""
    if config.getoption("numprocesses", None):
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> parallel.Scheduling:
    """Send what shares something to one worker."""
    return parallel.Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first."""
    parallel.sort(items)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The session's own PostgreSQL and Valkey, running; Django's settings point at them."""
    with running(_SERVERS) as servers:
        yield servers


# TRUNCATE writes new files for each table and index, two hundred times what a few rows cost.
EMPTY = """DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY[{names}] LOOP EXECUTE 'DELETE FROM ' || quote_ident(name); END LOOP;
END $$"""


@pytest.fixture(scope="session", autouse=True)
def flush_empties_append_only_tables() -> Iterator[None]:
    """Let the flush after a transactional test pass the triggers that refuse it.

    Only a superuser can, as the tests are; the role that serves requests may not at all.
    """

    def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **_: Any) -> list[str]:
        names = ", ".join(f"'{name}'" for name in tables)
        empty = EMPTY.format(names=names)
        return ["SET LOCAL session_replication_role = replica", empty] if tables else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: Servers) -> None:
    """Start the servers before pytest-django makes its database."""
    assert servers.postgres.ready()
