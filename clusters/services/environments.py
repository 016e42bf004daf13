"""Which version an environment lets somebody launch."""

from __future__ import annotations

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import require
from clusters.models import Cluster
from configurations.launch_checks import environments_of as overlays_of
from configurations.models import Version
from promotions.environments import environment_of, environments_of, keep_environments
from promotions.models import Environment, Release
from promotions.permissions import may_launch_in
from promotions.queries import current_release


def offered_environments(version: Version) -> list[str]:
    """Return the environments of the version's team, and those that only the version names."""
    names = [each.name for each in environments_of(version.template.team)]
    return [*names, *(name for name in overlays_of(version) if name not in names)]


def require_released(cluster: Cluster, *, version: Version) -> None:
    """Raise `Invalid` where the cluster's environment runs other versions only once released."""
    team = cluster.team
    place = environment_of(team, cluster.environment) if cluster.environment else None
    if place is None or not place.release_only:
        return
    release = current_release(place, version.template)
    if release is None or release.version_id != version.pk:
        raise _unreleased(version, place, release)


def release_for_launch(version: Version, *, environment: str, by: User) -> Release | None:
    """Return the release that a new cluster of the version follows there; None: it follows none.

    Raises `NotAllowed` for whoever may not launch there, and `Invalid` for an environment that
    there is not, or one that runs another version and nothing but releases.
    """
    if not environment:
        return None
    team = version.template.team
    place = environment_of(team, environment)
    if place is None:
        if environment in overlays_of(version):
            return None
        message = f"Neither {team} nor {version} has an environment '{environment}'."
        raise Invalid.at("environment", message)
    require(may_launch_in(by, place))
    release = current_release(place, version.template)
    if release and release.version_id == version.pk:
        return release
    if not place.release_only:
        return None
    raise _unreleased(version, place, release)


def require_same_release(cluster: Cluster) -> None:
    """Raise where the environment was removed, or got another release, after it was checked.

    From here on, whoever removes an environment of the team waits for this launch.
    """
    if not cluster.environment:
        return
    keep_environments(cluster.team)
    environment, owner = cluster.environment, cluster.owner
    release = release_for_launch(cluster.version, environment=environment, by=owner)
    if release != cluster.release:
        raise WrongState(f"{environment} was changed in this moment. Launch again.")


def _unreleased(version: Version, place: Environment, release: Release | None) -> Invalid:
    has = f"{release.version} is released there" if release else "none is released there yet"
    return Invalid.at(
        "version",
        f"{place} runs only released versions of {version.template}, and {has}. "
        f"Request a promotion of {version} to {place}.",
    )
