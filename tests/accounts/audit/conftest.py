"""A sealed trail, and someone who changes it with the rights of the tables' owner."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.chain.sealing import seal
from accounts.chain.verifying import Report, verify
from accounts.models import AuditEntry, Team, User
from accounts.services import record
from tests.clusters.conftest import cluster, driver, image, launch, queued, version  # noqa: F401

ROWS = 12


@pytest.fixture
def entries(alice: User, research: Team) -> list[AuditEntry]:
    """Twelve entries, sealed in two rounds."""
    entries = []
    for number in range(ROWS):
        entries.append(
            record(
                f"cluster.step-{number}",
                actor=alice if number % 3 else None,
                team=research if number % 2 else None,
                subject=research,
                before={"nodes": number, "price": 0.1} if number % 4 else None,
                after={"nodes": number + 1, "spot": True},
                reason="=" * number,
            )
        )
        if number == ROWS // 2:
            assert seal() == number + 1
    assert seal() == ROWS - ROWS // 2 - 1
    return entries


@contextmanager
def tampering() -> Iterator[Callable[..., int]]:
    """Run statements past the triggers, as the owner of the tables can; undo them afterwards."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")

        def run(statement: str, *values: Any) -> int:
            cursor.execute(statement, values or None)
            return int(cursor.rowcount)

        try:
            yield run
        finally:
            transaction.set_rollback(True)


def verified() -> Report:
    """Return the report of a trail that must hold."""
    report = verify()
    assert report.problem == ""
    return report
