"""What builds a version: the builder of this host, or a service beside its registry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from django.conf import settings

from accounts.models import Team
from clouds.models import Installation
from domain.images.registry_hosts import ecr_region
from images.models import ImageVersion, Registry
from images.registries.asking import login_of
from images.registries.build_places import BuildsOn, chosen, settings_of
from images.registries.credentials import credentials_of
from providers.builders.base import ImageBuilder
from providers.builders.buildah import Buildah
from providers.builders.cloudbuild import CloudBuild, CloudBuildPlace
from providers.builders.cloudbuild.checking import problems as cloudbuild_problems
from providers.builders.cloudbuild.place import wrong_place as cloudbuild_wrong_place
from providers.builders.codebuild import CodeBuild, CodeBuildPlace
from providers.builders.codebuild.checking import problems as codebuild_problems
from providers.builders.codebuild.place import wrong_place as codebuild_wrong_place
from providers.errors import BadCredentials
from providers.oci import RegistryClient


def builder_here() -> ImageBuilder:
    """Return the builder of this host; it says itself whether it can build."""
    return Buildah(settings.MOBULA_HOME / "builds", is_allowed=settings.BUILD_IN_CHROOT)


def builder_for(version: ImageVersion) -> ImageBuilder:
    """Return the builder of a version; raises `BadCredentials` where it cannot sign in."""
    if version.registry is None:
        return builder_here()
    match chosen(version.registry):
        case BuildsOn.CODEBUILD:
            return CodeBuild(codebuild_place(version.registry))
        case BuildsOn.CLOUD_BUILD:
            return CloudBuild(cloudbuild_place(version.registry))
        case _:
            return builder_here()


def codebuild_place(registry: Registry) -> CodeBuildPlace:
    """Return where and as whom CodeBuild builds for a registry; raises `BadCredentials`."""
    values = settings_of(registry)
    credentials = credentials_of(registry)
    if registry.team_id and not credentials.get("access_key_id"):
        # With its own identity, Mobula would build for a team in an account of others.
        raise BadCredentials(f"Registry {registry} has no access key. Enter one.")
    return CodeBuildPlace(
        project=str(values.get("project", "")),
        region=str(values.get("region") or ecr_region(registry.host)),
        bucket=str(values.get("bucket", "")),
        login_secret=str(values.get("login_secret", "")),
        credentials=credentials,
        installation=Installation.objects.own_key(),
        endpoint=str(values.get("endpoint", "")),
    )


def cloudbuild_place(registry: Registry) -> CloudBuildPlace:
    """Return where and as whom Cloud Build builds for a registry; raises `BadCredentials`."""
    values = settings_of(registry)
    key = credentials_of(registry).get("key", "")
    if not key:
        raise BadCredentials(f"Registry {registry} has no service account key. Enter one.")
    return CloudBuildPlace(
        project=str(values.get("project", "")),
        region=str(values.get("region", "")),
        service_account=str(values.get("service_account", "")),
        bucket=str(values.get("bucket", "")),
        key=json.loads(key),
        installation=Installation.objects.own_key(),
        endpoint=str(values.get("endpoint", "")),
    )


def wrong_place(on: BuildsOn, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what the service would refuse of these values, by field."""
    if on == BuildsOn.CODEBUILD:
        yield from codebuild_wrong_place(values)
    elif on == BuildsOn.CLOUD_BUILD:
        yield from cloudbuild_wrong_place(values)


def place_problems(registry: Registry) -> Iterator[str]:
    """Yield what keeps the registry's service from building; raises `ProviderError`s."""
    if chosen(registry) == BuildsOn.CODEBUILD:
        yield from codebuild_problems(codebuild_place(registry))
    elif chosen(registry) == BuildsOn.CLOUD_BUILD:
        yield from cloudbuild_problems(cloudbuild_place(registry))
    login = login_of(registry)
    ca = str(registry.settings.get("ca", ""))
    RegistryClient(registry.host, "", login=login, ca=ca).sign_in()


def unavailable_for(version: ImageVersion) -> str:
    """Return why the version cannot be built, with the way out; "" where it can."""
    if version.registry and chosen(version.registry) != BuildsOn.HERE:
        return ""
    return builder_here().unavailable()


def unavailable_to(team: Team | None) -> str:
    """Return why the team can build nothing; "" where one of its registries has a builder."""
    usable = Registry.objects.usable_by(team) if team else Registry.objects.filter(team=None)
    if any(chosen(one) != BuildsOn.HERE for one in usable):
        return ""
    return builder_here().unavailable()
