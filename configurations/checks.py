"""What is wrong with a configuration for the team that it is saved for."""

from __future__ import annotations

from collections.abc import Collection

from accounts.models import Team
from clouds.access import names_of_clouds, no_such_cloud, way_out
from configurations.targets import target_named
from domain.configuration.spec import ComputeConfig
from domain.problems import Problem, by_place, error, located
from domain.validation import check_text
from domain.yaml.text import parse
from images.queries import find_version, latest_versions, no_such_image


def problems_of(text: str, *, team: Team) -> list[Problem]:
    """Return everything wrong with a text, on the cloud of the team that it names, in order."""
    parsed = parse(text)
    config = parsed.draft or ComputeConfig()
    target = target_named(config.cloud, team=team)
    images = [*latest_versions(team), find_version(config.mobula.image, team=team)]
    unknown = unknown_names(
        config, team=team, clouds=names_of_clouds(team), images=[str(i) for i in images if i]
    )
    found = [located(problem, parsed.marks) for problem in unknown]
    return by_place([*check_text(text, target=target), *found])


def unknown_names(
    config: ComputeConfig, *, team: Team, clouds: Collection[str], images: Collection[str]
) -> list[Problem]:
    """Return the cloud and the image that a launch would not find, without lines."""
    cloud, image, found = config.cloud, config.mobula.image, []
    if cloud and cloud not in clouds:
        message = no_such_cloud(cloud, team=team)
        found.append(error("cloud", "unknown-cloud", message, hint=way_out(clouds)))
    if image and ":" in image and image not in images:
        hint = f"Images: {', '.join(images) or 'none'}."
        message = no_such_image(image, team=team)
        found.append(error("mobula.image", "unknown-image", message, hint=hint))
    return found


def in_words(problem: Problem) -> str:
    """Return a problem as one sentence, with the place it is about."""
    place = f"{problem.path}: " if problem.path else ""
    return f"{place}{problem.message} {problem.hint}".strip()
