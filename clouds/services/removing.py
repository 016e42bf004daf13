"""Delete a cloud that nothing uses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.errors import WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.demo_home import DemoHome
from clouds.holds import Hold, holds_on
from clouds.models import Cloud
from clouds.services.clouds import OFFERED
from clouds.services.locking import locked


class CloudInUse(WrongState):
    """Clusters or environments use the cloud; its page says which."""

    code = "cloud-in-use"

    def __init__(self, message: str, *, holds: Sequence[Hold]) -> None:
        super().__init__(message)
        self.holds = holds


@transaction.atomic
def delete_cloud(cloud: Cloud, *, by: User) -> Cloud:
    """Delete a cloud that nothing uses, with its credentials; return its row.

    Clusters that ended there, and their costs, keep its name; the name can be used again. Nothing
    is deleted in the account; that of a demo ends. Raises `CloudInUse`, or `WrongState` for one
    that came with Mobula.
    """
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    # A launch holds the cloud's row: it is through and seen below, or it sees that it is deleted.
    row = locked(cloud)
    if row.provider not in OFFERED:
        raise WrongState(f"{row} came with Mobula and cannot be deleted.")
    if holds := holds_on(row):
        names = ", ".join(hold.name for hold in holds[:5])
        more = f" and {len(holds) - 5} more" if len(holds) > 5 else ""
        raise CloudInUse(f"{row} cannot be deleted: it is used by {names}{more}.", holds=holds)
    record(
        "cloud.deleted",
        actor=by,
        subject=row,
        before={"name": row.name, "provider": row.provider, "region": row.region},
    )
    row.removed_at = timezone.now()
    row.sealed_credentials = ""
    row.is_shared = False
    row.settings_version += 1  # no process keeps its driver
    row.save(update_fields=["removed_at", "sealed_credentials", "is_shared", "settings_version"])
    row.teams.clear()
    if row.is_demo:
        transaction.on_commit(DemoHome(Path(settings.MOBULA_HOME)).leave)
    return row
