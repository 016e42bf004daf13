"""Add clouds and change them."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from accounts.services import record
from clouds import refreshing
from clouds.models import CatalogueRefresh, Cloud
from clouds.tasks import refresh_catalogue

_TOLD = ("name", "provider", "region", "shapes", "settings", "team_id")


@transaction.atomic
def add_cloud(cloud: Cloud, *, by: User) -> Cloud:
    """Save a new cloud."""
    cloud.save()
    record("cloud.added", actor=by, team=cloud.team, subject=cloud, after=told(cloud))
    return cloud


@transaction.atomic
def change_cloud(cloud: Cloud, *, before: dict[str, Any], by: User) -> Cloud:
    """Save what was changed; `before` is what `told` said of it earlier.

    The new version of its settings lets every process open a new driver.
    """
    cloud.settings_version = F("settings_version") + 1
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


@transaction.atomic
def ask_for_refresh(cloud: Cloud, *, by: User) -> CatalogueRefresh:
    """Return the refresh that a worker will do; raises `NotRefreshed` with the reason if none."""
    refresh = refreshing.begin(cloud.provider, cloud.region, now=timezone.now(), asked_by=by)
    record(
        "cloud.refresh-asked",
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
            refresh, "No worker could be told: the broker is away. Refresh again when it is back."
        )


def told(cloud: Cloud) -> dict[str, Any]:
    """Return what the audit trail says of a cloud."""
    return {name: getattr(cloud, name) for name in _TOLD}
