"""Add clouds and change them."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from accounts.services import record
from clouds import refreshing
from clouds.models import CatalogueRefresh, Cloud
from clouds.tasks import refresh_catalogue

_AUDITED = ("name", "provider", "region", "shapes", "team_id")


@transaction.atomic
def add_cloud(cloud: Cloud, *, by: User) -> Cloud:
    """Save a new cloud."""
    cloud.save()
    record("cloud.added", actor=by, team=cloud.team, subject=cloud, after=audit_values(cloud))
    return cloud


@transaction.atomic
def change_cloud(cloud: Cloud, *, before: dict[str, Any], by: User) -> Cloud:
    """Save what was changed; `before` is the earlier result of `audit_values`."""
    cloud.save()
    record(
        "cloud.changed",
        actor=by,
        team=cloud.team,
        subject=cloud,
        before=before,
        after=audit_values(cloud),
    )
    return cloud


@transaction.atomic
def request_refresh(cloud: Cloud, *, by: User) -> CatalogueRefresh:
    """Return the refresh that a worker will do; raises `NotRefreshed` with the reason if none."""
    refresh = refreshing.begin(cloud.provider, cloud.region, now=timezone.now(), asked_by=by)
    record(
        "cloud.refresh-requested",
        actor=by,
        team=cloud.team,
        subject=cloud,
        after={"region": cloud.region, "refresh": refresh.pk},
    )
    transaction.on_commit(partial(_send, refresh))
    return refresh


def _send(refresh: CatalogueRefresh) -> None:
    try:
        refresh_catalogue.apply_async((refresh.pk,), retry=False)
    except OperationalError:
        refreshing.give_up(
            refresh, "Could not reach the message broker. Refresh again when it is available."
        )


def audit_values(cloud: Cloud) -> dict[str, Any]:
    """Return the values that the audit log keeps of a cloud."""
    return {name: getattr(cloud, name) for name in _AUDITED}
