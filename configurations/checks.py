"""What is wrong with a configuration for the team that it is saved for."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from accounts.models import Team
from clouds.access import names_of_clouds, no_such_cloud, way_out
from configurations.environments import environment_names
from configurations.targets import target_named
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.images.platforms import wrong_platforms
from domain.limits import wrong_environment_name
from domain.problems import (
    Problem,
    by_place,
    did_you_mean,
    error,
    located,
    path_of,
    shown,
    warning,
)
from domain.validation import check_text
from domain.yaml.text import parse
from images.models import ImageVersion
from images.queries import (
    deprecation_of,
    find_version,
    latest_versions,
    no_such_image,
    why_not_launchable,
)


def problems_of(text: str, *, team: Team) -> list[Problem]:
    """Return everything wrong with a text, on the cloud of the team that it names, in order."""
    parsed = parse(text)
    config = parsed.draft or ComputeConfig()
    target = target_named(config.cloud, team=team)
    unknown = unknown_names(
        config,
        team=team,
        clouds=names_of_clouds(team),
        image=find_version(config.mobula.image, team=team),
        images=[str(image) for image in latest_versions(team)],
        environments=environment_names(team),
        target=target,
    )
    found = [located(problem, parsed.marks) for problem in unknown]
    return by_place([*check_text(text, target=target), *found])


def unknown_names(
    config: ComputeConfig,
    *,
    team: Team,
    clouds: Collection[str],
    image: ImageVersion | None,
    images: Collection[str],
    environments: Collection[str],
    target: RegionCatalogue,
) -> list[Problem]:
    """Return the cloud, the image and the environments that the team has not, without lines.

    Also the nodes on `target` that the image is not built for.

    `image` is what the configuration's image means to the team; `images` can be named instead.
    """
    cloud, found = config.cloud, []
    if cloud and cloud not in clouds:
        message = no_such_cloud(cloud, team=team)
        found.append(error("cloud", "unknown-cloud", message, hint=way_out(clouds)))
    if reference := config.mobula.image:
        found += _wrong_image(reference, image, team=team, images=images)
        if image is not None:
            # A launch is refused, but the image may be built for it until then.
            found += platforms_missing(config, image, target=target)
    return [*found, *_unknown_environments(config, team, environments)]


def _wrong_image(
    reference: str, image: ImageVersion | None, *, team: Team, images: Collection[str]
) -> Iterator[Problem]:
    """Yield what is wrong with the image: the team has it not, or it is not to be used now."""
    at = "mobula.image"
    if image is None:
        hint = f"Images: {', '.join(images) or 'none'}."
        yield error(at, "unknown-image", no_such_image(reference, team=team), hint=hint)
    elif refusal := why_not_launchable(image):
        # A version of a template may be saved before its image is there: a launch is refused.
        yield warning(at, "image-not-launchable", refusal)
    elif old := deprecation_of(image):
        yield warning(at, "image-deprecated", old)


def platforms_missing(
    config: ComputeConfig, image: ImageVersion, *, target: RegionCatalogue
) -> list[Problem]:
    """Return what to say of the nodes on whose machines the image cannot run."""
    if not image.is_registry_image:
        return []
    platforms = image.platforms
    return list(wrong_platforms(config, target=target, image=str(image), platforms=platforms))


def _unknown_environments(
    config: ComputeConfig, team: Team, known: Collection[str]
) -> Iterator[Problem]:
    """Yield a warning for each name: the team may add the environment later."""
    for name in config.mobula.environments:
        if name not in known and not wrong_environment_name(name):
            message = f"Team {team} has no environment {shown(name)}."
            hint = did_you_mean(name, known) or f"Its environments are {', '.join(known)}."
            at = path_of(("mobula", "environments", name))
            yield warning(at, "unknown-environment", message, hint=hint)


def in_words(problem: Problem) -> str:
    """Return a problem as one sentence, with the place it is about."""
    place = f"{problem.path}: " if problem.path else ""
    return f"{place}{problem.message} {problem.hint}".strip()
