"""Relaunch a cluster with another version, for changes that a running one cannot follow."""

from __future__ import annotations

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import Action, may, require
from clusters.models import Cluster
from clusters.queries.clusters import free_name
from clusters.services.launching import launch_cluster
from clusters.services.operating import terminate_cluster
from configurations.models import Version


def relaunch_cluster(cluster: Cluster, *, version: Version, by: User) -> Cluster:
    """Return a new cluster of that version, for which this one is terminated.

    The new one is launched first: where that is refused, with `Invalid` or `WrongState`, nothing
    is lost. It has a name of its own as long as the machines of the old one go back.
    """
    require(may(by, Action.OPERATE, team=cluster.team))
    if cluster.workspace_id is not None:
        raise WrongState(f"{cluster} serves a workspace. Create one with {version} instead.")
    if version.template_id != cluster.version.template_id:
        raise Invalid.at("version", f"{version} is a version of another template than {cluster}'s.")
    new = launch_cluster(
        name=free_name(cluster.team, cluster.name),
        version=version,
        environment=cluster.environment,
        by=by,
    )
    terminate_cluster(cluster, by=by, reason=f"Relaunched as {new} with {version} by {by}.")
    return new
