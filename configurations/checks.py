"""What is wrong with a configuration for the person who wants to save it."""

from __future__ import annotations

from collections.abc import Collection

from accounts.models import User
from clouds.models import Cloud
from configurations.targets import target_named
from domain.configuration.spec import ComputeConfig
from domain.problems import Problem, by_place, error, located
from domain.validation import check_text
from domain.yaml.text import parse
from images.queries import find_version, latest_versions


def problems_of(text: str, *, user: User) -> list[Problem]:
    """Return everything wrong with a text, on the cloud that it names, from top to bottom."""
    parsed = parse(text)
    config = parsed.draft or ComputeConfig()
    target = target_named(config.cloud, user=user)
    clouds = Cloud.objects.visible_to(user).order_by("name").values_list("name", flat=True)
    images = [*latest_versions(user), find_version(config.mobula.image, user)]
    unknown = unknown_names(config, clouds=list(clouds), images=[str(i) for i in images if i])
    found = [located(problem, parsed.marks) for problem in unknown]
    return by_place([*check_text(text, target=target), *found])


def unknown_names(
    config: ComputeConfig, *, clouds: Collection[str], images: Collection[str]
) -> list[Problem]:
    """Return the cloud and the image that a launch would not find, without lines."""
    cloud, image, found = config.cloud, config.mobula.image, []
    if cloud and cloud not in clouds:
        hint = f"Clouds: {', '.join(clouds) or 'none'}."
        found.append(
            error(
                "cloud", "unknown-cloud", f"You don't have access to a cloud '{cloud}'.", hint=hint
            )
        )
    if image and ":" in image and image not in images:
        hint = f"Images: {', '.join(images) or 'none'}."
        message = f"You don't have access to an image '{image}'."
        found.append(error("mobula.image", "unknown-image", message, hint=hint))
    return found


def in_words(problem: Problem) -> str:
    """Return a problem as one sentence, with the place it is about."""
    place = f"{problem.path}: " if problem.path else ""
    return f"{place}{problem.message} {problem.hint}".strip()
