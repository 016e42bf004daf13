"""What approvers look at, gathered anew: configuration, changes, prices, image, rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.errors import ServiceError
from clouds.access import usable_cloud
from configurations.models import Version
from configurations.targets import image_of, target_for
from domain.configuration.diff import changes, sentence
from domain.configuration.effects import strongest, why_of
from domain.configuration.spec import ComputeConfig, written
from domain.estimate import HOURS_A_MONTH, Estimate, estimate
from domain.overlays import for_environment
from domain.promotions.digest import Evidence, digest_of
from domain.promotions.laying import Laid, laid_over
from domain.yaml.text import parse
from images.models import ImageVersion
from promotions.environments import current_settings, overlay_of, rules_of
from promotions.models import ChangeRequest, Environment, EnvironmentSettings, Release
from promotions.queries import checks_of, code_tested, current_release, verdicts_of

_PRICES = ("least", "at_launch", "most")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The evidence, and how a page shows it: `shown` has changes, their effect, and prices."""

    evidence: Evidence
    shown: Mapping[str, Any]

    @property
    def parts(self) -> dict[str, str]:
        """The digest of each part."""
        return self.evidence.parts

    @property
    def digest(self) -> str:
        """What an approval is bound to."""
        return digest_of(self.parts)


def gather(request: ChangeRequest) -> Gathered:
    """Return the evidence of a request as it is now, with the verdicts of its present round.

    The settings of the environment are those that the round's checks began with.
    """
    return _gather(request, request.settings)


def gather_now(request: ChangeRequest) -> Gathered:
    """Return the evidence of a request under the settings that its environment has now."""
    return _gather(request, current_settings(request.environment))


def _gather(request: ChangeRequest, settings: EnvironmentSettings | None) -> Gathered:
    environment, version = request.environment, request.version
    laid = laid_configuration(version, environment, settings)
    config = laid.config
    cloud = usable_cloud(config.cloud, team=request.team)
    target = target_for(cloud)
    release = current_release(environment, request.template)
    before = _released(release) if release else None
    found = changes(before, config, rules=target.traits.effects) if before else []
    effect = strongest(change.effect for change in found)
    costs = estimate(config, target=target)
    costs_before = estimate(before, target=target) if before else None
    lines = tuple(sentence(change) for change in found)
    image = image_of(config.primary, target=target, team=request.team)
    evidence = Evidence(
        configuration=[written(config), str(release.version) if release else ""],
        image=_image_in_words(image),
        changes=lines,
        verdicts=verdicts_of(checks_of(request)),
        rules=rules_of(environment),
        settings={"number": settings.number, **settings.content} if settings else {},
        prices=_as_text(costs),
        strategy=request.strategy,
        skipped=tuple(request.skipped),
        code=code_tested(request),
    )
    shown = {
        "base": str(release.version) if release else "",
        "cloud": str(cloud or ""),
        "image": str(image or ""),
        "settings": _settings_in_words(settings, laid),
        "changes": [
            {"words": line, "effect": str(change.effect)}
            for line, change in zip(lines, found, strict=True)
        ],
        "effect": str(effect or ""),
        "why": why_of(effect, target.traits.effects) if effect else "",
        "prices": _as_text(costs),
        "prices_before": _as_text(costs_before) if costs_before else {},
        "hours_a_month": HOURS_A_MONTH,
    }
    return Gathered(evidence=evidence, shown=shown)


def configuration_of(request: ChangeRequest) -> ComputeConfig:
    """Return what the request's version says for its environment, with both overlays.

    Raises `ServiceError` if it says nothing.
    """
    return laid_configuration(request.version, request.environment, request.settings).config


def laid_configuration(
    version: Version, environment: Environment, settings: EnvironmentSettings | None
) -> Laid:
    """Return what a version says for an environment, with these settings laid over it."""
    config = parse(version.text).config
    if config is None:
        raise Unreadable(f"{version} has errors: fix them in a new version.")
    return laid_over(for_environment(config, environment.name), overlay_of(settings))


def _released(release: Release) -> ComputeConfig:
    """Return the configuration that was released, with the settings that it was approved with."""
    settings = release.request.settings
    return laid_configuration(release.version, release.environment, settings).config


def _settings_in_words(settings: EnvironmentSettings | None, laid: Laid) -> dict[str, Any]:
    """Return what a page shows of the environment's settings; nothing where there are none."""
    if settings is None:
        return {}
    return {
        "number": settings.number,
        "words": list(settings.overlay.words),
        "changed": list(laid.changed),
    }


class Unreadable(ServiceError):
    """A version that was saved by an earlier release of Mobula can no longer be read."""

    code = "unreadable-version"
    status = 422


def _as_text(costs: Estimate) -> dict[str, str]:
    """Return the prices in USD per hour; one that is not known is left out."""
    values = {name: getattr(costs, name) for name in _PRICES}
    return {name: f"{value:.6f}" for name, value in values.items() if value is not None}


def _image_in_words(image: ImageVersion | None) -> str:
    """Return what tells one image from another, also where its tag was moved."""
    if image is None:
        return ""
    return f"{image.pk} {image} {image.pulled_as} {image.ray_version} {image.python_version}"
