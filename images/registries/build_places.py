"""Where images of a registry are built: on Mobula's host, or by a service beside the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from images.models import ImageVersion, Registry, RegistryKind

KEY = "builds"  # in the settings of a registry
CREATE = "create_repositories"  # among what is said of builds: "yes", or nothing


class BuildsOn(StrEnum):
    """What builds; the values are those of `Build.builder`."""

    HERE = "buildah"
    CODEBUILD = "codebuild"
    CLOUD_BUILD = "cloudbuild"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    BuildsOn.HERE: "This host (buildah)",
    BuildsOn.CODEBUILD: "AWS CodeBuild",
    BuildsOn.CLOUD_BUILD: "Google Cloud Build",
}
_BESIDE = {
    RegistryKind.ECR: BuildsOn.CODEBUILD,
    RegistryKind.ARTIFACT_REGISTRY: BuildsOn.CLOUD_BUILD,
}
# What another worker can take up again.
ELSEWHERE = (BuildsOn.CODEBUILD, BuildsOn.CLOUD_BUILD)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceField:
    """One value that a service needs."""

    name: str
    label: str
    help: str
    is_required: bool = False


FIELDS: Mapping[BuildsOn, Sequence[PlaceField]] = {
    BuildsOn.HERE: (),
    BuildsOn.CODEBUILD: (
        PlaceField(
            name="project",
            label="CodeBuild project",
            help="In the account and region of the registry. It runs in privileged mode, and its "
            "service role may push to the registry.",
            is_required=True,
        ),
        PlaceField(
            name="bucket",
            label="S3 bucket for build contexts",
            help="In the same region. Needed only for images with files of their own.",
        ),
        PlaceField(
            name="login_secret",
            label="Secret with logins of other registries",
            help="Name or ARN in Secrets Manager. Its value is a Docker config.json. Needed only "
            "for bases in other private registries.",
        ),
    ),
    BuildsOn.CLOUD_BUILD: (
        PlaceField(
            name="project",
            label="Google Cloud project",
            help="ID of the project whose Cloud Build API is enabled.",
            is_required=True,
        ),
        PlaceField(
            name="region",
            label="Region",
            help="Where builds run, such as europe-west4, or global.",
            is_required=True,
        ),
        PlaceField(
            name="service_account",
            label="Service account of builds",
            help="E-mail address. It may write to the repository and to Cloud Logging.",
            is_required=True,
        ),
        PlaceField(
            name="bucket",
            label="Cloud Storage bucket for build contexts",
            help="Needed only for images with files of their own.",
        ),
    ),
}


def choices_of(registry: Registry) -> list[BuildsOn]:
    """Return what can build for a registry: this host, and the service of the registry's cloud."""
    beside = _BESIDE.get(RegistryKind(registry.kind))
    return [BuildsOn.HERE, *([beside] if beside else [])]


def chosen(registry: Registry) -> BuildsOn:
    """Return what builds for a registry."""
    values = settings_of(registry)
    known = choices_of(registry)
    return next((one for one in known if one == values.get("on")), BuildsOn.HERE)


def settings_of(registry: Registry) -> Mapping[str, Any]:
    """Return what the registry says of its builds; {} where it says nothing."""
    found = registry.settings.get(KEY)
    return found if isinstance(found, dict) else {}


def may_create_repositories(registry: Registry) -> bool:
    """Return whether its repositories must be there before the first push, and can be created."""
    return RegistryKind(registry.kind) == RegistryKind.ECR


def creates_repositories(registry: Registry) -> bool:
    """Return whether builds create the repositories that they push to."""
    return may_create_repositories(registry) and settings_of(registry).get(CREATE) == "yes"


def builder_of(version: ImageVersion) -> BuildsOn:
    """Return what builds a version."""
    return chosen(version.registry) if version.registry else BuildsOn.HERE
