"""Have a cloud checked: its account as a whole."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.errors import WrongState
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds import checking
from clouds.catalogue import prices_in, types_in
from clouds.models import Cloud, CloudCheck
from clouds.tasks import check_cloud
from domain.catalogue.matching import matches, ranked
from domain.configuration.spec import PhysicalResources
from domain.lifecycle import NodeRole
from domain.offerings import Market
from domain.quantities import GIB
from providers.preflight import Wanted, WantedGroup

# What a usual head needs; the checks of an account try to launch one, and the same as spot.
USUAL = PhysicalResources(CPU=8, memory=32 * GIB)
MOST_TYPES = 3


class NotChecked(WrongState):
    """No checks begin; the message says why."""

    code = "not-checked"


@transaction.atomic
def request_checks(cloud: Cloud, *, by: User) -> CloudCheck:
    """Return the round of checks that a worker makes, the same one while it runs.

    Raises `NotChecked` for kinds of cloud that have no checks.
    """
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    if reason := checking.why_no_checks(cloud):
        raise NotChecked(reason)
    wanted = Wanted(groups=usual_groups(cloud), mobula_url=settings.MOBULA_URL)
    check = ask(cloud, wanted, asked_by=by)
    record("cloud.checks-requested", actor=by, subject=cloud, after={"check": check.pk})
    return check


@transaction.atomic
def ask(
    cloud: Cloud,
    wanted: Wanted,
    *,
    subject: str = "",
    team: Team | None = None,
    asked_by: User | None,
) -> CloudCheck:
    """Return a round of checks that runs; a worker is asked for it if it is a new one."""
    now = timezone.now()
    check, is_new = checking.begin(
        cloud, wanted, subject=subject, team=team, now=now, asked_by=asked_by
    )
    if is_new:
        transaction.on_commit(partial(_send, check))
    return check


def usual_groups(cloud: Cloud) -> list[WantedGroup]:
    """Return groups as many clusters have them, of types that the cloud is known to offer."""
    types, prices = (types_in(cloud) or {}).values(), prices_in(cloud)
    fitting = [one for one in matches(USUAL, types) if one.is_current and not one.burstable]
    names = [one.name for one in ranked(fitting, prices, market=Market.ON_DEMAND)[:MOST_TYPES]]
    if not names:
        return []
    return [
        WantedGroup(name="head", role=NodeRole.HEAD, types=names),
        WantedGroup(name="spot", role=NodeRole.WORKER, types=names, market=Market.SPOT),
    ]


def newest_checks(cloud: Cloud) -> CloudCheck | None:
    """Return the newest round of checks of the cloud as a whole."""
    rows = CloudCheck.objects.filter(cloud=cloud, subject="").select_related("asked_by")
    return rows.order_by("-started_at", "-pk").first()


def _send(check: CloudCheck) -> None:
    try:
        check_cloud.apply_async((check.pk,), retry=False)
    except (OperationalError, OSError):
        checking.give_up(
            check, "Could not reach the message broker. Check again when it is available."
        )
