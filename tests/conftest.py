"""What every test can ask for. Tests of `domain` ask for nothing and start no server."""

import sys
from collections.abc import Iterator

import django
import pytest

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Arrange the tests for several workers: after pytest-django's order, before xdist reads it."""
    parallel.arrange(items)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The session's own PostgreSQL and Valkey, running; Django's settings point at them."""
    with running(_SERVERS) as servers:
        yield servers


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: Servers) -> None:
    """Start the servers before pytest-django makes its database."""
    assert servers.postgres.ready()
