"""Let a group that is stopped, paused or in cooldown try again."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import NotFound, WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.access import require_usable
from clusters.models import Cluster, Group
from clusters.scaling.cooldowns import cooling_of_group, end_cooldowns
from clusters.scaling.failed_starts import failures_of, paused_until
from clusters.services.waking import wake
from clusters.transitions import note
from domain.events import EventKind


@transaction.atomic
def try_group_again(cluster: Cluster, *, group: str, by: User) -> None:
    """Let a group launch nodes again after somebody has mended what stopped it, or without a wait.

    A cooldown ends for all clusters of the cloud's account; if the provider still has none, the
    next one is longer.
    """
    require(may(by, Action.OPERATE, team=cluster.team))
    # Compared here: PostgreSQL refuses some of the names that an address may hold.
    rows = Group.objects.select_for_update().filter(cluster=cluster)
    row = next((row for row in rows if row.name == group), None)
    if row is None:
        raise NotFound(f"Cluster {cluster} has no group '{group}'.")
    is_stopped = row.stopped_at is not None and row.stopped_at >= cluster.run.requested_at
    is_held = group in paused_until(failures_of(cluster))
    if not (is_stopped or is_held or cooling_of_group(cluster, row)):
        raise WrongState(f"Group {group} is not stopped: it launches nodes for pending demand.")
    require_usable(cluster.cloud, team=cluster.team)
    reason = row.stopped_reason
    row.stopped_at, row.stopped_reason, row.retried_at = None, "", now()
    row.save(update_fields=["stopped_at", "stopped_reason", "retried_at"])
    end_cooldowns(cluster, row)
    note(
        cluster,
        f"Group {group} can launch nodes again.",
        kind=EventKind.GROUP_RETRIED,
        fields={"group": group, "stopped": reason},
        by=by,
    )
    record(
        "group.tried_again",
        actor=by,
        team=cluster.team,
        subject=cluster,
        before={"group": group, "stopped": reason},
        after={"group": group},
    )
    wake(cluster)
