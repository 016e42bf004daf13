"""The only module that writes `state` of orphans."""

from __future__ import annotations

from typing import Any

from clusters.models import Orphan
from domain.orphans import OrphanState, is_allowed


def move(orphan: Orphan, wanted: OrphanState, **values: Any) -> bool:
    """Move an orphan on, and write these values with it; return False if it moved meanwhile."""
    before = OrphanState(orphan.state)
    if not is_allowed(before, wanted):
        raise ValueError(f"{orphan} cannot move from {before} to {wanted}.")
    if wanted is not OrphanState.REMOVING:
        values = {"next_step_at": None, **values}
    rows = Orphan.objects.filter(pk=orphan.pk, state=before)
    if not rows.update(state=wanted, **values):
        return False
    orphan.state = wanted
    for name, value in values.items():
        setattr(orphan, name, value)
    return True
