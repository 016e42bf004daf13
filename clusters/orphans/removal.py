"""Remove orphans that a user selected, until the provider confirms that they are gone."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from accounts.services import record
from clouds.models import Cloud
from clusters.models import Orphan
from clusters.orphans.claims import claims_on
from clusters.orphans.places import inventory_of, place_of
from clusters.orphans.states import move
from domain.orphans import OrphanState, ResourceKind, pause_after
from providers.base import ProviderError
from providers.inventory import OwnedResource

log = logging.getLogger(__name__)

MOST_DUE = 100
_NEEDED = "A node or cluster uses it again: it was not removed."


def due() -> list[int]:
    """Return the orphans whose removal has a step to do now, who waits longest first."""
    rows = Orphan.objects.filter(state=OrphanState.REMOVING, next_step_at__lte=now())
    return list(rows.order_by("next_step_at").values_list("pk", flat=True)[:MOST_DUE])


def step(orphan_id: int) -> None:
    """Do the next step of one removal; it may run twice, late, or be killed at any line."""
    orphan = _claimed_step(orphan_id)
    if orphan is None:
        return
    kind = ResourceKind(orphan.kind)
    try:
        inventory = inventory_of(orphan.cloud)
        found = inventory.resource(kind, orphan.resource_id)
        if found is None:
            _confirm(orphan)
        elif _is_needed(orphan.cloud, found, orphan):
            _give_up(orphan, _NEEDED)
        else:
            Orphan.objects.filter(pk=orphan.pk).update(provider_state=found.state)
            inventory.remove_resource(kind, orphan.resource_id)
            if inventory.resource(kind, orphan.resource_id) is None:
                _confirm(orphan)
    except ProviderError as error:
        if not error.retryable:
            _give_up(orphan, str(error))
            return
        Orphan.objects.filter(pk=orphan.pk).update(message=str(error)[:500])


def _claimed_step(orphan_id: int) -> Orphan | None:
    """Take the step, so that nobody else does: the next one is due after a pause."""
    with transaction.atomic():
        rows = Orphan.objects.filter(state=OrphanState.REMOVING, next_step_at__lte=now())
        locked = rows.select_for_update(of=("self",), skip_locked=True)
        orphan = locked.select_related("cloud", "removed_by").filter(pk=orphan_id).first()
        if orphan is None:
            return None
        orphan.attempts += 1
        orphan.next_step_at = now() + pause_after(orphan.attempts)
        orphan.save(update_fields=["attempts", "next_step_at"])
    return orphan


def _is_needed(cloud: Cloud, found: OwnedResource, orphan: Orphan) -> bool:
    """Return whether a row claims the resource now: handles and names are never used again, but
    a backup may have been restored meanwhile.
    """
    place = place_of(cloud)
    clouds = place.clouds if place else [cloud.pk]
    inventory = inventory_of(cloud)
    listed = [found]
    if found.attached_to:
        holder = inventory.resource(ResourceKind.INSTANCE, found.attached_to)
        listed += [holder] if holder else []
    is_claimed = claims_on(listed, clouds=clouds).has(found)
    if is_claimed:
        log.warning("orphan is claimed", extra={"orphan": orphan.pk, "cloud": cloud.pk})
    return is_claimed


@transaction.atomic
def _confirm(orphan: Orphan) -> None:
    values = {"removed_at": now(), "message": "", "provider_state": ""}
    if move(orphan, OrphanState.REMOVED, **values):
        _record("orphan.removed", orphan)


@transaction.atomic
def _give_up(orphan: Orphan, why: str) -> None:
    if move(orphan, OrphanState.FOUND, message=why[:500], attempts=0):
        _record("orphan.removal_failed", orphan, reason=why[:500])


def _record(action: str, orphan: Orphan, *, reason: str = "") -> None:
    record(action, actor=None, subject=orphan, after=audited(orphan), reason=reason)


def audited(orphan: Orphan) -> dict[str, Any]:
    """Return what the audit log keeps of an orphan."""
    return {
        "cloud": orphan.cloud.name,
        "region": orphan.region,
        "kind": orphan.kind,
        "id": orphan.resource_id,
        "name": orphan.name,
        "cluster": orphan.handle,
    }
