"""Add clouds, change them, give them to teams and refresh them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.errors import FieldError, Invalid, WrongState, as_invalid, raise_if_any
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds import facts, refreshing
from clouds.access import require_own
from clouds.credentials import sealed
from clouds.demo_home import DemoHome
from clouds.models import CatalogueRefresh, Cloud
from clouds.models.cloud import DEMO_PRICES
from clouds.services.locking import locked
from clouds.services.settings import wrong_settings
from clouds.tasks import refresh_catalogue
from domain.catalogue.pod_shapes import shape_type
from domain.offerings import ProviderKind
from providers import registry

OFFERED = registry.kinds_with(lambda traits: traits.can_be_added)
DEMO_NAME, DEMO_REGION = "demo-aws", "us-east-1"
# The account knows no others, and these open nothing else.
DEMO_KEYS = {"access_key_id": "AKIADEMODEMODEMODEMO", "secret_access_key": "demo"}
_AUDITED = ("name", "provider", "region", "shapes", "settings")


@transaction.atomic
def add_cloud(
    *,
    name: str,
    provider: str,
    region: str,
    shapes: Sequence[str] = (),
    teams: Collection[Team] = (),
    is_shared: bool = False,
    by: User,
) -> Cloud:
    """Return a new cloud that templates of those teams can name; raises `Invalid`."""
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    cloud = Cloud(name=name, provider=provider, region=region, shapes=list(shapes))
    _check(cloud)
    cloud.save()
    record("cloud.added", actor=by, subject=cloud, after=_audited(cloud))
    share_cloud(cloud, teams=teams, is_shared=is_shared, by=by)
    return cloud


def add_demo_cloud(*, teams: Collection[Team] = (), by: User) -> Cloud:
    """Return a new cloud of an AWS account that runs on this machine, for those teams.

    `mobula up` starts the account; see `DemoHome`. Raises `WrongState` where there is one.
    """
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    home = DemoHome(Path(settings.MOBULA_HOME))
    # This opens a socket and writes a file: before the transaction.
    return _add_demo(home, url=home.url, teams=teams, by=by)


@transaction.atomic
def _add_demo(home: DemoHome, *, url: str, teams: Collection[Team], by: User) -> Cloud:
    if Cloud.objects.filter(name=DEMO_NAME).exists():
        raise WrongState(f"There is a cloud {DEMO_NAME} already.")
    cloud = Cloud.objects.create(
        name=DEMO_NAME,
        provider=ProviderKind.AWS,
        region=DEMO_REGION,
        is_demo=True,
        settings={"endpoint": url},
    )
    cloud.sealed_credentials = sealed(cloud, DEMO_KEYS)
    cloud.save(update_fields=["sealed_credentials"])
    record("cloud.added", actor=by, subject=cloud, after=_audited(cloud))
    share_cloud(cloud, teams=teams, by=by)
    transaction.on_commit(home.want)
    return cloud


@transaction.atomic
def change_cloud(
    cloud: Cloud,
    *,
    name: str,
    provider: str,
    region: str,
    shapes: Sequence[str] = (),
    by: User,
) -> Cloud:
    """Return the changed cloud; raises `Invalid`. Its teams stay: see `share_cloud`.

    The new version of its settings lets every process open a new driver.
    """
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    row = locked(cloud)
    require_own(row)
    before, moves = _audited(row), region != row.region
    if provider != row.provider:  # those of another provider
        row.sealed_credentials, row.settings = "", {}
    row.name, row.provider, row.region = name, provider, region
    row.shapes = list(shapes)
    row.settings_version += 1  # the row is locked
    _check(row)
    if moves:
        raise_if_any(FieldError("region", wrong.message) for wrong in wrong_settings(row))
    row.save()
    record("cloud.changed", actor=by, subject=row, before=before, after=_audited(row))
    return row


@transaction.atomic
def share_cloud(
    cloud: Cloud, *, teams: Collection[Team], is_shared: bool = False, by: User
) -> Cloud:
    """Let exactly these teams use the cloud, or with `is_shared` all of them; return it.

    The clusters of a team that loses it keep the nodes that run and get no new ones. Raises
    `Invalid` for a cloud on Mobula's own machine that is to be for all teams.
    """
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    # A launch holds the cloud's row: it is through, or it sees what is written here.
    row = locked(cloud)
    if is_shared and row.is_this_machine:
        raise Invalid.at("is_shared", f"{row} runs on this machine. Select its teams by name.")
    before, after = {team.pk: team for team in row.teams.all()}, {t.pk: t for t in teams}
    if row.is_shared != is_shared:
        row.is_shared = is_shared
        row.save(update_fields=["is_shared"])
        action = "cloud.shared" if is_shared else "cloud.unshared"
        record(action, actor=by, subject=row, after={"all_teams": is_shared})
    row.teams.set(after.values())
    for team in (after[pk] for pk in after.keys() - before.keys()):
        record("cloud.shared", actor=by, team=team, subject=row)
    for team in (before[pk] for pk in before.keys() - after.keys()):
        record("cloud.unshared", actor=by, team=team, subject=row)
    return row


def _check(cloud: Cloud) -> None:
    """Refuse what is no cloud; a cloud on Kubernetes without shapes gets the usual ones."""
    if cloud.provider not in OFFERED:
        raise Invalid.at("provider", f"Choose one of {', '.join(OFFERED)}.")
    defaults = registry.traits_of(ProviderKind(cloud.provider)).default_shapes
    cloud.shapes = cloud.shapes or list(defaults)
    wrong = [*_wrong_region(cloud), *_wrong_shapes(cloud)]
    try:
        with as_invalid(field="name"):
            cloud.full_clean()
    except Invalid as invalid:
        wrong = [*invalid.errors, *wrong]
    raise_if_any(wrong)


def _wrong_region(cloud: Cloud) -> list[FieldError]:
    kind = ProviderKind(cloud.provider)
    known = facts.regions(kind)
    if not known or cloud.region in known:
        return []
    return [FieldError("region", f"Unknown {kind.label} region. Use one of {', '.join(known)}.")]


def _wrong_shapes(cloud: Cloud) -> list[FieldError]:
    wrong = next((name for name in cloud.shapes if shape_type(name) is None), None)
    if wrong is None:
        return []
    message = f"'{wrong}' is not a pod shape. Use 8CPU-32GB, or 8CPU-32GB-1xT4 with a GPU."
    return [FieldError("shapes", message)]


@transaction.atomic
def request_refresh(cloud: Cloud, *, by: User) -> CatalogueRefresh:
    """Return the refresh that a worker will do; raises `NotRefreshed` with the reason if none."""
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    if cloud.is_demo:
        raise WrongState(DEMO_PRICES)
    refresh = refreshing.begin(cloud.provider, cloud.region, now=timezone.now(), asked_by=by)
    record(
        "cloud.refresh-requested",
        actor=by,
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


def _audited(cloud: Cloud) -> dict[str, Any]:
    return {name: getattr(cloud, name) for name in _AUDITED}
