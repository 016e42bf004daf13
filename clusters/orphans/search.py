"""List what exists in this installation's name, and keep what no row claims."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now

from clouds.models import Cloud
from clusters.models import Orphan, OrphanSearch
from clusters.orphans.claims import claims_on
from clusters.orphans.places import Place, place_of
from clusters.orphans.prices import daily_microusd
from domain.orphans import OrphanState, orphan_from
from providers.base import ProviderError
from providers.inventory import OwnedResource

log = logging.getLogger(__name__)

# So long the page shows what was removed.
KEEP_REMOVED = timedelta(days=7)


def search(cloud_id: int) -> None:
    """Bring the orphans of a cloud in line with what its provider lists; it may be repeated."""
    cloud = Cloud.objects.filter(pk=cloud_id).first()
    if cloud is None:
        return
    began, error = now(), ""
    try:
        place = place_of(cloud)
        if place is None:
            return
        if place.cloud.pk != cloud.pk:  # an older cloud stands for the place
            Orphan.objects.filter(cloud=cloud, state=OrphanState.FOUND).delete()
            OrphanSearch.objects.filter(cloud=cloud).delete()
            return
        listed = place.inventory.resources()
        claims = claims_on(listed, clouds=place.clouds)
        _keep(place, [one for one in listed if not claims.has(one)], at=began)
    except ProviderError as refusal:
        error = str(refusal)[:500]
        log.info("no orphans seen", extra={"cloud": cloud.pk, "why": error})
    _note(cloud, at=began, error=error)


def _keep(place: Place, resources: Iterable[OwnedResource], *, at: datetime) -> None:
    rows = [_row(place, one, at=at) for one in resources]
    own = Orphan.objects.filter(cloud=place.cloud)
    with transaction.atomic():
        for row in rows:
            _write(row)
        # Claimed again, or gone without Mobula. What is being removed, its removal settles.
        own.filter(state=OrphanState.FOUND, seen_at__lt=at).delete()
        own.filter(state=OrphanState.REMOVED, removed_at__lt=at - KEEP_REMOVED).delete()


def _row(place: Place, one: OwnedResource, *, at: datetime) -> Orphan:
    return Orphan(
        cloud=place.cloud,
        region=place.cloud.region,
        kind=one.kind,
        resource_id=one.id,
        name=one.node or one.name,
        handle=one.handle,
        zone=one.zone,
        described=_described(one),
        provider_state=f"{one.state} by {one.attached_to}" if one.attached_to else one.state,
        created_at=one.created_at,
        seen_at=at,
        orphan_from=orphan_from(created_at=one.created_at, first_seen_at=at),
        daily_microusd=daily_microusd(place.cloud, one),
    )


_SEEN = ("region", "name", "handle", "zone", "described", "provider_state", "created_at",
         "seen_at", "daily_microusd")  # fmt: skip


def _write(row: Orphan) -> None:
    """Write what was seen; since when a resource is an orphan, and its removal, stay."""
    key = {"cloud": row.cloud, "kind": row.kind, "resource_id": row.resource_id}
    seen = {name: getattr(row, name) for name in _SEEN}
    known = Orphan.objects.filter(**key).exclude(state=OrphanState.REMOVED)
    if known.update(**seen):
        return
    Orphan.objects.filter(**key).delete()  # one of that name was removed before
    Orphan.objects.create(**key, **seen, orphan_from=row.orphan_from)


def _described(one: OwnedResource) -> str:
    if one.instance_type:
        return f"{one.instance_type} {one.market.label if one.market else ''}".strip()
    return f"{one.size_gib} GiB {one.storage_type}".strip() if one.size_gib else ""


def _note(cloud: Cloud, *, at: datetime, error: str) -> None:
    values = {"at": at, "error": error} | ({} if error else {"succeeded_at": at})
    OrphanSearch.objects.update_or_create(cloud=cloud, defaults=values)
