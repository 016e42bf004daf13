"""Ask a cloud for a region's machines and prices, and put its answer in the former one's place."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import cast

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts.errors import WrongState
from accounts.models import User
from clouds import catalogue
from clouds.credentials import credentials_of
from clouds.models import CatalogueRefresh, Cloud, RefreshState
from clouds.refreshing.data import Implausible, RegionAnswer, check, put_in_place, read
from domain.offerings import ProviderKind
from providers import registry
from providers.base import PriceAccess, PriceSource, ProviderError

# A worker that was killed leaves its refresh running: after this time another may start.
LOST_AFTER = timedelta(minutes=15)
OLD_AFTER = timedelta(hours=24)

log = logging.getLogger(__name__)


class NotRefreshed(WrongState):
    """No refresh begins; the message says why and what to do."""

    code = "not-refreshed"


class TryAgain(Exception):
    """The cloud did not answer now; it may in a while."""


def whether(kind: ProviderKind) -> str:
    """Return why clouds of this kind cannot be refreshed, or "" where they can."""
    if registry.has_prices(kind):
        return ""
    return f"{kind.label} has no price list. The rate card sets its prices."


def is_lost(refresh: CatalogueRefresh, *, now: datetime) -> bool:
    """Return whether a running refresh is not heard of any more."""
    return refresh.state == RefreshState.RUNNING and refresh.started_at < now - LOST_AFTER


@transaction.atomic
def begin(provider: str, region: str, *, now: datetime, asked_by: User | None) -> CatalogueRefresh:
    """Return a new running refresh; raises `NotRefreshed` while another runs."""
    if reason := whether(ProviderKind(provider)):
        raise NotRefreshed(reason)
    running = CatalogueRefresh.objects.filter(
        provider=provider, region=region, state=RefreshState.RUNNING
    )
    lost = (
        "It did not finish within 15 minutes. Check that a Celery worker is running, "
        "then refresh again."
    )
    running.filter(started_at__lt=now - LOST_AFTER).update(
        state=RefreshState.FAILED, finished_at=now, message=lost
    )
    try:
        with transaction.atomic():
            return CatalogueRefresh.objects.create(
                provider=provider, region=region, started_at=now, asked_by=asked_by
            )
    except IntegrityError as error:
        raise NotRefreshed(
            f"A refresh of {region} is already running. Wait until it completes."
        ) from error


def begin_old(*, now: datetime) -> list[CatalogueRefresh]:
    """Return new refreshes of the regions that someone refreshed once, and that are a day old."""
    by_hand = CatalogueRefresh.objects.filter(asked_by__isnull=False)
    recent = CatalogueRefresh.objects.filter(started_at__gt=now - OLD_AFTER)
    used = set(Cloud.objects.filter(is_demo=False).values_list("provider", "region"))
    manual = set(by_hand.values_list("provider", "region"))
    due = used & manual - set(recent.values_list("provider", "region"))
    return [row for provider, region in sorted(due) if (row := _begin(provider, region, now))]


def _begin(provider: str, region: str, now: datetime) -> CatalogueRefresh | None:
    try:
        return begin(provider, region, now=now, asked_by=None)
    except NotRefreshed:
        return None


def refresh(refresh_id: int, *, is_last_try: bool) -> None:
    """Ask the cloud and keep its answer; raises `TryAgain` if that is worth while.

    A message that comes twice does nothing the second time.
    """
    row = CatalogueRefresh.objects.filter(pk=refresh_id, state=RefreshState.RUNNING).first()
    if row is None:
        return
    try:
        keep(row, read(_source(row), row.region))
    except ProviderError as error:
        if error.retryable and not is_last_try:
            raise TryAgain(str(error)) from error
        give_up(row, str(error))
    except Implausible as error:
        give_up(row, str(error))
    except SoftTimeLimitExceeded:
        give_up(row, "The provider did not return all data within 4 minutes. Refresh again later.")
    except (DatabaseError, LookupError, ValueError, TypeError, ArithmeticError):
        # The answer has an unexpected form: its reader is at fault, not the user.
        log.exception("catalog refresh failed", extra={"refresh": row.pk})
        give_up(
            row, "The provider's response could not be read. See Mobula's log and report the error."
        )


def keep(row: CatalogueRefresh, answer: RegionAnswer) -> None:
    """Put the whole answer in the place of the region's former rows, or raise and keep those."""
    kind = ProviderKind(row.provider)
    before = catalogue.types_in(Cloud(provider=row.provider, region=row.region)) or {}
    check(answer, kind=kind, region=row.region, before=len(before))
    with transaction.atomic():
        mine = CatalogueRefresh.objects.select_for_update().get(pk=row.pk)
        if mine.state != RefreshState.RUNNING:
            return  # another worker was faster, or it was given up
        put_in_place(answer, kind=kind, region=row.region)
        mine.types, mine.prices = len(answer.types), len(answer.prices)
        mine.state, mine.finished_at = RefreshState.DONE, timezone.now()
        mine.save()
    log.info("catalog refreshed", extra={"refresh": row.pk, "types": len(answer.types)})


def _source(row: CatalogueRefresh) -> PriceSource:
    # `begin` refuses kinds without a source.
    kind = ProviderKind(row.provider)
    addresses = settings.PRICE_ACCESS.get(kind.value, {})
    access = PriceAccess(**addresses, credentials=_credentials(row))
    return cast("PriceSource", registry.open_price_source(kind, access=access))


def _credentials(row: CatalogueRefresh) -> dict[str, str]:
    """Return those of the region's first cloud that has any: all are told the same prices."""
    clouds = Cloud.objects.filter(provider=row.provider, region=row.region, is_demo=False)
    cloud = clouds.exclude(sealed_credentials="").order_by("pk").first()
    return credentials_of(cloud) if cloud else {}


def give_up(row: CatalogueRefresh, message: str) -> None:
    """Make a running refresh a failed one; the message says why and the next step."""
    log.warning("catalog refresh failed", extra={"refresh": row.pk, "why": message})
    CatalogueRefresh.objects.filter(pk=row.pk, state=RefreshState.RUNNING).update(
        state=RefreshState.FAILED, finished_at=timezone.now(), message=message
    )
