"""Remove resources at providers that nothing needs any more."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clusters.models import Orphan
from clusters.orphans.removal import audited
from clusters.orphans.states import move
from domain.orphans import OrphanState


@transaction.atomic
def remove_orphans(orphans: Collection[Orphan], *, by: User) -> list[Orphan]:
    """Let workers remove these resources; return those that were not being removed before.

    Raises `WrongState` if none of them can be removed.
    """
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    rows = Orphan.objects.select_for_update(of=("self",)).select_related("cloud")
    found = rows.filter(pk__in=[orphan.pk for orphan in orphans]).order_by("pk")
    ready = [row for row in found if row.state == OrphanState.FOUND and row.orphan_from <= now()]
    if not ready:
        raise WrongState("None of the selected resources can be removed. Reload the page.")
    for orphan in ready:
        move(
            orphan,
            OrphanState.REMOVING,
            removed_by=by,
            attempts=0,
            message="",
            next_step_at=now(),
        )
        record("orphan.removal_requested", actor=by, subject=orphan, after=audited(orphan))
    return ready
