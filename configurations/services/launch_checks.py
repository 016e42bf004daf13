"""What somebody needs to launch a version, checked before anything starts."""

from __future__ import annotations

from accounts.models import User
from accounts.permissions import Action, may, require
from configurations.launch_checks import Launchable, launchable
from configurations.models import Version


def check_launch(version: Version, *, environment: str = "", by: User) -> Launchable:
    """Return what `version` needs to be launched; raises `Invalid` with all that is wrong.

    Cloud and image must be usable by the version's team, whatever other teams `by` is in.
    """
    require(may(by, Action.VIEW, team=version.template.team))
    return launchable(version, environment=environment)
