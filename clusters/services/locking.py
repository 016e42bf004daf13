"""A cluster as it is now, for whoever may operate it, while nobody else changes it."""

from __future__ import annotations

from accounts.errors import WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from clusters.models import Cluster
from domain.lifecycle import LIVE_CLUSTER_STATES, ClusterTarget


def locked(cluster: Cluster, *, operator: User) -> Cluster:
    """Return the cluster as it is now, its row locked; only within a transaction."""
    require(may(operator, Action.OPERATE, team=cluster.team))
    return held(cluster)


def held(cluster: Cluster) -> Cluster:
    """Return the cluster as it is now, its row locked, for what nobody has to be allowed."""
    rows = Cluster.objects.select_for_update(of=("self",))
    return rows.select_related("team", "cloud", "image_version", "run", "version__template").get(
        pk=cluster.pk
    )


def require_live(cluster: Cluster, *, to: str) -> None:
    """Raise `WrongState` unless the cluster runs or comes up; `to` is what it should for."""
    if cluster.state not in LIVE_CLUSTER_STATES or cluster.target != ClusterTarget.RUNNING:
        raise WrongState(f"{cluster} is {cluster.state}. Start it before you {to} it.")
