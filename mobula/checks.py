"""System checks of the installation; those of the database run before migrations."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from mobula import grants

OLDEST = 18_00_00  # metering.samples answers what it replaced with `RETURNING old`


@register(Tags.database)
def postgresql_is_new_enough(*, databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Return an error for each database that is older than PostgreSQL 18."""
    return [
        Error(
            f"The database is PostgreSQL {version // 10_000}; Mobula needs 18 or later.",
            hint="Upgrade the server that DATABASE_URL names.",
            id="mobula.E001",
        )
        for version in (_version(alias) for alias in databases or ())
        if version < OLDEST
    ]


@register(Tags.database, deploy=True)
def requests_are_served_by_a_plain_role(
    *, databases: Sequence[str] | None, **_: Any
) -> list[CheckMessage]:
    """Return a warning when DATABASE_URL names a role that can change the tables."""
    role = grants.serves_as_owner() if databases else ""
    if not role:
        return []
    return [
        checks.Warning(
            f"DATABASE_URL names the role {role}, which can change and drop the tables.",
            hint="Serve requests as a second role: see MOBULA_SERVING_DATABASE_URL in "
            "docs/settings.md.",
            id="mobula.W001",
        )
    ]


def _version(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        return int(cursor.connection.info.server_version)
