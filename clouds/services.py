"""Add clouds and change them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.services import record
from clouds.models import Cloud

_TOLD = ("name", "provider", "region", "shapes", "team_id")


@transaction.atomic
def add_cloud(cloud: Cloud, *, by: User) -> Cloud:
    """Save a new cloud."""
    cloud.save()
    record("cloud.added", actor=by, team=cloud.team, subject=cloud, after=told(cloud))
    return cloud


@transaction.atomic
def change_cloud(cloud: Cloud, *, before: dict[str, Any], by: User) -> Cloud:
    """Save what was changed; `before` is what `told` said of it earlier."""
    cloud.save()
    record(
        "cloud.changed",
        actor=by,
        team=cloud.team,
        subject=cloud,
        before=before,
        after=told(cloud),
    )
    return cloud


def told(cloud: Cloud) -> dict[str, Any]:
    """Return what the audit trail says of a cloud."""
    return {name: getattr(cloud, name) for name in _TOLD}
