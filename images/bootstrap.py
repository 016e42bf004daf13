import platform
import sys
from importlib import metadata
from pathlib import Path

from django.db.models import Max

from images.models import Image, ImageVersion


def bootstrap() -> None:
    """Register the Ray installed beside Mobula as the image `local-ray`, if there is one."""
    ray = Path(sys.executable).parent / "ray"
    try:
        version = metadata.version("ray")
    except metadata.PackageNotFoundError:
        return
    if not ray.exists():
        return
    register("local-ray", ray_version=version, location=str(ray))


def register(name: str, *, ray_version: str, location: str) -> ImageVersion:
    """Return the image version of this Ray at this place, a new one if the last differs."""
    image, _ = Image.objects.get_or_create(name=name)
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
        ray_version=ray_version,
        python_version=python_version,
        location=location,
    )
