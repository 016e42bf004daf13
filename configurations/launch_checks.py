"""What a version needs to be launched, found and checked before anything starts."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.errors import FieldError, Invalid, WrongState
from clouds.access import usable_cloud, why_not_launchable, why_not_launchable_by
from clouds.models import Cloud
from configurations.checks import in_words, platforms_missing
from configurations.launchability import MOUNTS
from configurations.models import Version
from configurations.targets import image_of, misplaced, target_for
from domain.catalogue.matching import missing_machines
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.overlays import for_environment
from domain.problems import Severity, has_errors
from domain.promotions.laying import Laid, laid_over
from domain.promotions.overlay import NOTHING, Overlay
from domain.validation import validate
from domain.yaml.text import parse
from images.catalogue import doubt
from images.models import ImageVersion
from images.queries import deprecation_of, no_such_image
from images.queries import why_not_launchable as why_no_image


@dataclass(frozen=True, slots=True, kw_only=True)
class Launchable:
    """Everything a launch needs; `warnings` do not stop it.

    `overlaid` is what the environment's own settings made of the configuration, in words.
    """

    config: ComputeConfig
    environment: str
    cloud: Cloud
    image_version: ImageVersion
    target: RegionCatalogue
    warnings: tuple[str, ...]
    overlaid: tuple[str, ...] = ()


def environments_of(version: Version) -> list[str]:
    """Return the environments for which the version says something of its own."""
    config = parse(version.text).config
    return list(config.mobula.environments) if config else []


def launchable(
    version: Version, *, environment: str = "", overlay: Overlay = NOTHING
) -> Launchable:
    """Return what `version` needs to be launched; raises `Invalid` with all that is wrong.

    Cloud and image must be usable by the version's team, whoever asks. An environment for which
    the version says nothing of its own gets what it says for all. The environment's own overlay,
    of the team that has it, is laid above both.
    """
    if version.archived_at or version.template.archived_at:
        raise WrongState(f"{version} is archived. Unarchive it to launch it.")
    laid = _laid(version, environment, overlay)
    config = laid.config
    team = version.template.team
    cloud = usable_cloud(config.cloud, team=team)
    if cloud is None:
        raise Invalid.at("version", f"cloud: {why_not_launchable_by(team, config.cloud)}")
    target = target_for(cloud)
    problems = validate(config, target=target)
    image = image_of(config.primary, target=target, team=team)
    errors = [in_words(problem) for problem in problems if has_errors([problem])]
    errors += _without_machine(config.primary, target) + _unmounted(config) + _undriven(cloud)
    if image is None:
        errors.append(f"mobula.image: {no_such_image(config.mobula.image, team=team)}")
    elif wrong := why_no_image(image) or misplaced(image, target=target):
        errors.append(f"mobula.image: {wrong}")
    else:
        missing = platforms_missing(config.primary, image, target=target)
        errors += [in_words(problem) for problem in missing]
    if errors or image is None:
        raise Invalid(*(FieldError("version", message) for message in errors))
    warnings = [in_words(p) for p in problems if p.severity is Severity.WARNING]
    if odd := doubt(image.ray_version, image.python_version):
        warnings.append(f"Image {image}: {odd}")
    if old := deprecation_of(image):
        warnings.append(old)
    return Launchable(
        config=config.primary,
        environment=environment,
        cloud=cloud,
        image_version=image,
        target=target,
        warnings=tuple(warnings),
        overlaid=laid.changed,
    )


def _laid(version: Version, environment: str, overlay: Overlay) -> Laid:
    config = parse(version.text).config
    if config is None:
        raise Invalid.at("version", f"{version} is not a valid configuration.")
    own = for_environment(config, environment) if environment else config
    if not overlay:
        return Laid(config=own)
    # What the version says for other environments is no part of what runs in this one.
    block = own.mobula.model_copy(update={"environments": {}})
    laid = laid_over(own.replace(mobula=block), overlay)
    if laid.problems:
        start = f"The settings of {environment} do not fit: "
        wrong = (FieldError("version", f"{start}{in_words(p)}") for p in laid.problems)
        raise Invalid(*wrong)
    return laid


def _without_machine(config: ComputeConfig, target: RegionCatalogue) -> list[str]:
    """What is said of the nodes for which no machine can be found."""
    return [
        f"{path}: no matching machine in this cloud. Enter an instance type that it offers."
        for path in missing_machines(config, target)
    ]


def _unmounted(config: ComputeConfig) -> list[str]:
    """Work that expects a mount would fail late and in the dark: such a launch is refused."""
    if not config.mobula.mounts:
        return []
    return [f"mobula.mounts: {MOUNTS}"]


def _undriven(cloud: Cloud) -> list[str]:
    """A cloud may be priced and planned for before Mobula can launch on it."""
    reason = why_not_launchable(cloud)
    return [f"cloud: {reason}"] if reason else []
