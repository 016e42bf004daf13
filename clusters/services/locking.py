"""A cluster as it is now, for whoever may operate it, while nobody else changes it."""

from __future__ import annotations

from accounts.models import User
from accounts.permissions import Action, may, require
from clusters.models import Cluster
from clusters.updates.apply import locked_row


def locked(cluster: Cluster, *, operator: User) -> Cluster:
    """Return the cluster as it is now, its row locked; only within a transaction."""
    require(may(operator, Action.OPERATE, team=cluster.team))
    return held(cluster)


def held(cluster: Cluster) -> Cluster:
    """Return the cluster as it is now, its row locked, for what nobody has to be allowed."""
    return locked_row(cluster)
