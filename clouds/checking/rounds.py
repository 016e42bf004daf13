"""Rounds of checks: begun once for the same question, carried out by a worker, answer by answer."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256

from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Team, User
from clouds.checking.logins import certificates_of, logins_of
from clouds.drivers import account_of
from clouds.models import Cloud, CloudCheck
from clouds.models.check import LOST_AFTER
from domain.offerings import ProviderKind
from providers import registry
from providers.base import ProviderError
from providers.preflight import PlannedCheck, Wanted, as_plain, from_plain, run_checks

# An answer that is older is asked for again before a launch.
FRESH_FOR = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)
LOST = (
    "The checks did not finish within 2 minutes. Check that a Celery worker is running, then check "
    "again."
)

log = logging.getLogger(__name__)


def why_no_checks(cloud: Cloud) -> str:
    """Return why clouds of this kind have no checks, or ""."""
    kind = ProviderKind(cloud.provider)
    if registry.has_preflight(kind):
        return ""
    return f"Mobula has no checks for clouds on {kind.label}."


def digest_of(cloud: Cloud, wanted: Wanted, *, team: Team | None = None) -> str:
    """Return what tells this question from others, also from that of other settings and teams."""
    asked = [cloud.pk, cloud.settings_version, team.pk if team else None, as_plain(wanted)]
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def fresh(
    cloud: Cloud, wanted: Wanted, *, team: Team | None = None, now: datetime
) -> CloudCheck | None:
    """Return the newest round of just this question that runs or was made lately."""
    rows = CloudCheck.objects.filter(digest=digest_of(cloud, wanted, team=team), message="")
    newest = rows.order_by("-started_at").first()
    if newest is None or newest.started_at < now - FRESH_FOR:
        return None
    is_lost = newest.is_running and newest.started_at < now - LOST_AFTER
    return None if is_lost else newest


def keep(check: CloudCheck) -> None:
    """Keep a round for good: a start of a cluster refers to it."""
    CloudCheck.objects.filter(pk=check.pk).update(is_kept=True)


@transaction.atomic
def begin(
    cloud: Cloud,
    wanted: Wanted,
    *,
    subject: str = "",
    team: Team | None = None,
    now: datetime,
    asked_by: User | None,
) -> tuple[CloudCheck, bool]:
    """Return a round that runs, and whether it is new: the same question is asked once at a time.

    Raises nothing: a kind without checks is the caller's to see.
    """
    digest = digest_of(cloud, wanted, team=team)
    running = CloudCheck.objects.filter(digest=digest, finished_at=None)
    running.filter(started_at__lt=now - LOST_AFTER).update(finished_at=now, message=LOST)
    _forget_old(cloud, now=now)
    try:
        with transaction.atomic():
            new = CloudCheck.objects.create(
                cloud=cloud,
                subject=subject,
                team=team,
                wanted=as_plain(wanted),
                digest=digest,
                asked_by=asked_by,
                started_at=now,
            )
            return new, True
    except IntegrityError:
        return running.get(), False


def carry_out(check_id: int) -> None:
    """Make the checks of a round and write each answer as it comes; twice does no harm."""
    row = (
        CloudCheck.objects.filter(pk=check_id, finished_at=None)
        .select_related("cloud", "team")
        .first()
    )
    if row is None:
        return
    try:
        planned = _planned(row)
        _write(row, planned=[{"id": one.id, "title": one.title} for one in planned])
        for answer in run_checks(planned):
            row.results.append(asdict(answer))
            _write(row, results=row.results)
        _write(row, finished_at=timezone.now())
    except ProviderError as error:
        give_up(row, str(error))
    except SoftTimeLimitExceeded:
        give_up(row, LOST)


def give_up(row: CloudCheck, message: str) -> None:
    """End a round without further answers; the message says why and the next step."""
    log.warning("checks failed", extra={"check": row.pk, "why": message})
    _write(row, finished_at=timezone.now(), message=message)


def _planned(row: CloudCheck) -> list[PlannedCheck]:
    preflight = registry.open_preflight(account_of(row.cloud))
    row.results = []
    if preflight is None:
        return []
    wanted = from_plain(
        row.wanted, logins=logins_of(row.team), certificates=certificates_of(row.team)
    )
    return list(preflight.checks(wanted))


def _write(row: CloudCheck, **fields: object) -> None:
    CloudCheck.objects.filter(pk=row.pk, finished_at=None).update(**fields)


def _forget_old(cloud: Cloud, *, now: datetime) -> None:
    old = CloudCheck.objects.filter(cloud=cloud, started_at__lt=now - KEPT_FOR)
    old.filter(is_kept=False).delete()
