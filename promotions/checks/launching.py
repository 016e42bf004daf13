"""Whether a cluster of the version could be launched in the environment now."""

from __future__ import annotations

from accounts.errors import ServiceError
from clouds.access import usable_cloud, why_not_launchable_by
from configurations.launch_checks import launchable
from configurations.targets import image_of, target_named
from images.catalogue import doubt
from images.queries import deprecation_of, no_such_image, why_not_launchable
from promotions.checks.answer import Answer, failed, passed, skipped, warning
from promotions.environments import overlay_of
from promotions.evidence import configuration_of
from promotions.models import ChangeRequest


def check_configuration(request: ChangeRequest) -> Answer:
    """Check that the configuration, with its overlay, could be launched on its cloud now."""
    try:
        ready = launchable(
            request.version,
            environment=request.environment.name,
            overlay=overlay_of(request.settings),
        )
    except ServiceError as refusal:
        return failed(" ".join(refusal.messages), errors=refusal.messages)
    if ready.warnings:
        return warning(ready.warnings[0], warnings=list(ready.warnings))
    return passed("The configuration is valid and can be launched.")


def check_image(request: ChangeRequest) -> Answer:
    """Check that the team has the image, and that its Ray and Python fit Mobula."""
    config = configuration_of(request)
    reference = config.mobula.image
    target = target_named(config.cloud, team=request.team)
    image = image_of(config.primary, target=target, team=request.team)
    if image is None:
        return failed(no_such_image(reference, team=request.team))
    facts = {"image": str(image), "location": image.pulled_as, "ray": image.ray_version}
    if refusal := why_not_launchable(image):
        return failed(refusal, **facts)
    if old := deprecation_of(image):
        return warning(old, **facts)
    if odd := doubt(image.ray_version, image.python_version):
        return warning(f"Image {image}: {odd}", **facts)
    if not (reference or "").partition(":")[2].isdecimal():
        return warning(
            f"The configuration names no image version; {image} is what it means now. "
            f"Write {image} to keep it.",
            **facts,
        )
    return passed(f"{image}, Ray {image.ray_version}, Python {image.python_version}.", **facts)


def check_cloud(request: ChangeRequest) -> Answer:
    """Check that the environment may use the cloud, and that clusters can be launched on it."""
    name = configuration_of(request).cloud
    cloud = usable_cloud(name, team=request.team)
    if cloud is None:
        return failed(why_not_launchable_by(request.team, name))
    allowed = sorted(request.environment.clouds.values_list("name", flat=True))
    if allowed and cloud.name not in allowed:
        return failed(_not_allowed(request, cloud.name, allowed), allowed=allowed)
    if reason := why_not_launchable_by(request.team, name):
        return failed(reason)
    return passed(f"{cloud} ({cloud.region}).", cloud=cloud.name, region=cloud.region)


def _not_allowed(request: ChangeRequest, cloud: str, allowed: list[str]) -> str:
    """Return why a cloud is wrong: the version names it, or the environment's own settings do."""
    words, environment = " or ".join(allowed), request.environment
    if overlay_of(request.settings).cloud == cloud:
        return (
            f"The settings of {environment} put its clusters on {cloud}, and its rules allow only "
            f"{words}. Change the settings or the rules of {environment}."
        )
    return f"{environment} runs on {words}, and the version names {cloud}."


def check_dependencies(request: ChangeRequest) -> Answer:
    """Check what the configuration relies on outside itself."""
    mounts = configuration_of(request).mobula.mounts
    if not mounts:
        return skipped("The configuration relies on nothing outside itself.")
    return failed("The configuration has mounts, and this version of Mobula cannot mount storage.")
