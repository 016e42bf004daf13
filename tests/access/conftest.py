"""One world for all tests of a module; pytest-django undoes each test by a savepoint within it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

if TYPE_CHECKING:
    from tests.access.world import World


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Both teams, in a transaction that is rolled back after the module's last test."""
    from tests.access.world import make_world

    with (
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
        transaction.atomic(),
    ):
        yield make_world(patch)
        transaction.set_rollback(True)
