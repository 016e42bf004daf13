"""Move a running cluster to another version of its template."""

from __future__ import annotations

from django.db import transaction

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from clusters.models import Cluster
from clusters.services.environments import require_released
from clusters.services.waking import wake
from clusters.updates.apply import apply_update
from clusters.updates.plan import Update, plan_update, require_live
from configurations.models import Version
from promotions.environments import settings_in


def check_update(cluster: Cluster, *, version: Version, by: User) -> Update:
    """Return what the update changes; raises `Invalid` or `WrongState` where it cannot be made."""
    require(may(by, Action.VIEW, team=cluster.team))
    require_live(cluster, to="update")
    if cluster.replaced_by:
        raise WrongState(f"{cluster} was replaced by {cluster.replaced_by}. Update that one.")
    require_released(cluster, version=version)
    settings = settings_in(cluster.team, cluster.environment)
    return plan_update(cluster, version=version, settings=settings)


def update_cluster(
    cluster: Cluster, *, version: Version, replace: bool = False, by: User
) -> Update:
    """Have a running cluster follow another version of its template from the next pass on.

    Limits and settings hold at once. Nodes that run keep what they were launched with until they
    are replaced: with `replace` that begins at once. Raises `Invalid` for a version that needs a
    new cluster: see `relaunch_cluster`.
    """
    require(may(by, Action.OPERATE, team=cluster.team))
    update = check_update(cluster, version=version, by=by)  # asks the driver: no transaction yet
    if update.needs_relaunch:
        hint = f"Terminate {cluster} and relaunch it with {version}."
        raise Invalid.at("version", f"{update.needs_relaunch} {hint}")
    with transaction.atomic():
        apply_update(cluster, update, replace=replace, by=by)
        wake(cluster)
    return update
