"""Write a version in the format of another tool."""

from __future__ import annotations

from configurations.models import Version
from configurations.targets import image_of, target_of
from domain.convert import ExportContext, Exported, Format, exported
from domain.yaml.text import parse


def export_version(version: Version, to: Format, *, name: str) -> Exported | None:
    """Return the version as `to` writes it, with what is lost; None: it cannot be read."""
    config = parse(version.text).config
    if config is None:
        return None
    target = target_of(version)
    image = image_of(config.primary, target=target, team=version.template.team)
    context = ExportContext(
        name=name,
        image=image.location if image and image.is_registry_image else "",
        ray_version=image.ray_version if image else "",
        target=target,
    )
    return exported(config, to, context)
