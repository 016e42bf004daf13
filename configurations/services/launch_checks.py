"""What somebody needs to launch a version, checked before anything starts."""

from __future__ import annotations

from accounts.errors import Invalid
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from clouds.access import usable_cloud, why_not_launchable_by
from clouds.checking import why_no_checks
from clouds.models import CloudCheck
from clouds.services.checks import NotChecked
from configurations.launch_checks import Launchable, launchable
from configurations.models import Version
from configurations.preflight import ask, question_of
from configurations.targets import image_of, target_for
from domain.configuration.spec import ComputeConfig
from domain.promotions.overlay import NOTHING, Overlay


def check_launch(
    version: Version, *, environment: str = "", overlay: Overlay = NOTHING, by: User
) -> Launchable:
    """Return what `version` needs to be launched; raises `Invalid` with all that is wrong.

    Cloud and image must be usable by the version's team, whatever other teams `by` is in.
    """
    require(may(by, Action.VIEW, team=version.template.team))
    return launchable(version, environment=environment, overlay=overlay)


def check_config(config: ComputeConfig, *, team: Team, subject: str, by: User) -> CloudCheck:
    """Return a round of checks, which a worker makes, for a launch of what is being edited.

    Raises `NotChecked` for clouds that have no checks, and `Invalid` where cloud or machines are
    not known.
    """
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    cloud = usable_cloud(config.cloud, team=team)
    if cloud is None:
        raise Invalid.at("text", f"cloud: {why_not_launchable_by(team, config.cloud)}")
    target = target_for(cloud)
    image = image_of(config, target=target, team=team)
    try:
        question = question_of(
            config, cloud=cloud, target=target, image=image, team=team, subject=subject
        )
    except ValueError as error:
        raise Invalid.at("text", str(error)) from error
    if question is None:
        raise NotChecked(why_no_checks(cloud))
    return ask(question, asked_by=by)
