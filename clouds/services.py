"""Add clouds and change them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.errors import FieldError, Invalid, WrongState, as_invalid, raise_if_any
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds import facts, refreshing
from clouds.models import CatalogueRefresh, Cloud
from clouds.tasks import refresh_catalogue
from domain.catalogue.pod_shapes import DEFAULT_SHAPES, shape_type
from domain.offerings import ProviderKind

OFFERED = (ProviderKind.AWS, ProviderKind.GCP, ProviderKind.KUBERNETES)
_AUDITED = ("name", "provider", "region", "shapes", "team_id")


@transaction.atomic
def add_cloud(
    *,
    name: str,
    provider: str,
    region: str,
    shapes: Sequence[str] = (),
    team: Team | None = None,
    by: User,
) -> Cloud:
    """Return a new cloud that templates can name; raises `Invalid`."""
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    cloud = Cloud(name=name, provider=provider, region=region, shapes=list(shapes), team=team)
    _check(cloud)
    cloud.save()
    record("cloud.added", actor=by, team=cloud.team, subject=cloud, after=_audited(cloud))
    return cloud


@transaction.atomic
def change_cloud(
    cloud: Cloud,
    *,
    name: str,
    provider: str,
    region: str,
    shapes: Sequence[str] = (),
    team: Team | None = None,
    by: User,
) -> Cloud:
    """Return the cloud as it was changed; raises `Invalid`."""
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    row = Cloud.objects.select_for_update().get(pk=cloud.pk)
    if row.provider not in OFFERED:
        raise WrongState(f"{row} came with Mobula and cannot be changed.")
    before = _audited(row)
    row.name, row.provider, row.region = name, provider, region
    row.shapes, row.team = list(shapes), team
    _check(row)
    row.save()
    record(
        "cloud.changed",
        actor=by,
        team=row.team,
        subject=row,
        before=before,
        after=_audited(row),
    )
    return row


def _check(cloud: Cloud) -> None:
    """Refuse what is no cloud; a cloud on Kubernetes without shapes gets the usual ones."""
    if cloud.provider not in OFFERED:
        raise Invalid.at("provider", f"Choose one of {', '.join(OFFERED)}.")
    if cloud.provider == ProviderKind.KUBERNETES:
        cloud.shapes = cloud.shapes or list(DEFAULT_SHAPES)
    wrong = [*_wrong_region(cloud), *_wrong_shapes(cloud)]
    try:
        with as_invalid():
            cloud.full_clean()
    except Invalid as invalid:
        wrong = [*invalid.errors, *wrong]
    raise_if_any(wrong)


def _wrong_region(cloud: Cloud) -> list[FieldError]:
    kind = ProviderKind(cloud.provider)
    known = facts.regions(kind)
    if not known or cloud.region in known:
        return []
    return [FieldError("region", f"{kind.label} has the regions {', '.join(known)}.")]


def _wrong_shapes(cloud: Cloud) -> list[FieldError]:
    wrong = next((name for name in cloud.shapes if shape_type(name) is None), None)
    if wrong is None:
        return []
    message = f"'{wrong}' is no pod shape: write 8CPU-32GB, or 8CPU-32GB-1xT4 with a GPU."
    return [FieldError("shapes", message)]


@transaction.atomic
def ask_for_refresh(cloud: Cloud, *, by: User) -> CatalogueRefresh:
    """Return the refresh that a worker will do; raises `NotRefreshed` with the reason if none."""
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
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


def _audited(cloud: Cloud) -> dict[str, Any]:
    return {name: getattr(cloud, name) for name in _AUDITED}
