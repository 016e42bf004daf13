"""A cluster that does not run gets the release that it follows before it starts."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.errors import WrongState
from clusters.models import Cluster
from clusters.updates.apply import apply_update
from clusters.updates.plan import is_live, plan_update
from domain.configuration.diff import Change
from promotions.environments import newest
from promotions.queries import current_release


def adopt_release(cluster: Cluster) -> None:
    """Give a stopped cluster what its environment has now, if it follows a release.

    It asks the driver: call it outside a transaction. Raises `Invalid` or `WrongState` where the
    cluster cannot have it.
    """
    if cluster.release is None or is_live(cluster):
        return
    release = current_release(cluster.release.environment, cluster.release.template)
    if release is None or release.pk == cluster.release_id:
        return
    settings = newest(cluster.settings, release.request.settings)
    if (cluster.version_id, cluster.settings) != (release.version_id, settings):
        update = plan_update(cluster, version=release.version, settings=settings)
        if moves_cloud(update.changes):
            raise WrongState(
                f"{release.environment} has {release.version}, which runs on another cloud. "
                f"Launch a new cluster for it."
            )
        apply_update(cluster, update, replace=False, release=release, by=None)
    Cluster.objects.filter(pk=cluster.pk).update(release=release)


def moves_cloud(changes: Iterable[Change]) -> bool:
    """Return whether the changes take a cluster to another cloud, which only a new one can."""
    return any(change.path == "cloud" for change in changes)
