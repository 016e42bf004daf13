import logging
import platform
import sys
from importlib import metadata
from pathlib import Path

from django.db.models import Max

from domain.images.states import ImageSource
from images.building.secrets import reseal_secrets
from images.catalogue import base_images, in_order
from images.models import CPU_IMAGE, GPU_IMAGE, Image, ImageVersion
from images.registries.credentials import reseal

log = logging.getLogger(__name__)


def bootstrap() -> None:
    """Register the Ray installed beside Mobula as `local-ray`, and Ray's own images for clouds."""
    _register_installed()
    _register_published()
    if lost := reseal():
        log.warning(
            "no key opens the credentials of some registries",
            extra={"registries": [row.pk for row in lost]},
        )
    if lost_secrets := reseal_secrets():
        log.warning(
            "no key opens some build secrets",
            extra={"versions": sorted({row.version_id for row in lost_secrets})},
        )


def _register_published() -> None:
    """Register the images of the newest Ray, once: what admins changed since stays."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    for name, accelerator in ((CPU_IMAGE, "cpu"), (GPU_IMAGE, "gpu")):
        if Image.objects.filter(name=name, team=None).exists():
            continue
        found = (
            image
            for image in base_images()
            if (image.python, image.accelerator, image.variant) == (python, accelerator, "standard")
            and image.repository == "rayproject/ray"
        )
        if newest := max(found, key=lambda image: in_order(image.ray_version), default=None):
            register(name, ray_version=newest.ray_version, location=newest.uri)


def _register_installed() -> None:
    ray = Path(sys.executable).parent / "ray"
    try:
        version = metadata.version("ray")
    except metadata.PackageNotFoundError:
        return
    if not ray.exists():
        return
    register("local-ray", ray_version=version, location=str(ray), source=ImageSource.INSTALLED)


def register(
    name: str,
    *,
    ray_version: str,
    location: str,
    source: ImageSource = ImageSource.REGISTERED,
) -> ImageVersion:
    """Return the image version of this Ray at this place, a new one if the last differs."""
    image, _ = Image.objects.get_or_create(name=name, team=None)
    python_version = platform.python_version()
    latest = image.versions.first()
    if latest and (latest.ray_version, latest.python_version, latest.location) == (
        ray_version,
        python_version,
        location,
    ):
        return latest
    number = (image.versions.aggregate(top=Max("number"))["top"] or 0) + 1
    return ImageVersion.objects.create(
        image=image,
        number=number,
        source=source,
        ray_version=ray_version,
        python_version=python_version,
        location=location,
    )
