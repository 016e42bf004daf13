"""Which Ray releases there are, and which base images to build on: from files, read once.

facts/PROVENANCE.md says where each fact is from. Nothing here asks a registry.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

_FACTS = Path(__file__).parent / "facts"
# Who says so, by the quality of the fact. PROVENANCE.md has the addresses and licenses.
_SOURCES = {
    "listed": "Anyscale's API schema 0.26.101",
    "derived": "Ray's naming rule and wheels",
}

# What can be wanted, and what an image calls it.
_FIELDS = {
    "ray": "ray_version",
    "python": "python",
    "accelerator": "accelerator",
    "variant": "variant",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RayRelease:
    """A release of Ray with the Pythons it has Linux wheels for."""

    version: str
    released: date
    pythons: tuple[str, ...]
    has_arm_wheels: bool
    cuda_tags: tuple[str, ...]  # of its base images; empty where it is unknown
    cuda_quality: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """A published image with Ray in it, by its tag."""

    repository: str
    tag: str
    ray_version: str
    python: str
    variant: str  # standard or slim
    accelerator: str  # cpu, tpu, gpu (a CUDA that the tag does not name), or cu128
    quality: str  # listed: the source names the tag; derived: made by the rule of names
    released: date | None  # the day of its Ray

    @property
    def uri(self) -> str:
        """What `docker pull` and a configuration's `image_uri` take."""
        return f"{self.repository}:{self.tag}"

    @property
    def has_cuda(self) -> bool:
        """Whether it is for GPUs of NVIDIA."""
        return self.accelerator.startswith(("cu", "gpu"))

    @property
    def accelerator_label(self) -> str:
        """What it computes on, in words."""
        return accelerator_label(self.accelerator)

    @property
    def source(self) -> str:
        """Who says that there is such a tag."""
        return _SOURCES.get(self.quality, self.quality)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a base image must be; an empty field asks for nothing."""

    text: str = ""
    ray: str = ""
    python: str = ""
    accelerator: str = ""  # as in BaseImage, or "cuda" for any
    repository: str = ""
    variant: str = ""


def accelerator_label(accelerator: str) -> str:
    """Return "CUDA 12.8" for cu128, and words for the rest."""
    digits = accelerator.removeprefix("cu")
    if digits.isdecimal():
        return f"CUDA {digits[:-1]}.{digits[-1]}"
    words = {"cpu": "CPU", "gpu": "CUDA, unspecified", "tpu": "TPU", "cuda": "Any CUDA"}
    return words.get(accelerator, accelerator)


@cache
def releases() -> tuple[RayRelease, ...]:
    """Return the known releases of Ray, the newest version first."""
    listed = [
        RayRelease(
            version=row["ray_version"],
            released=date.fromisoformat(row["released"]),
            pythons=tuple(row["python_versions"].split()),
            has_arm_wheels=row["linux_aarch64_wheels"] == "true",
            cuda_tags=tuple(row["image_cuda_tags"].split()),
            cuda_quality=row["image_cuda_tags_quality"],
        )
        for row in _rows("ray_releases.csv")
    ]
    return tuple(sorted(listed, key=lambda item: in_order(item.version), reverse=True))


def release(version: str) -> RayRelease | None:
    """Return the release of that version, if it is known."""
    return _by_version().get(version)


def doubt(ray_version: str, python_version: str) -> str:
    """Return what is odd about this Ray on this Python, in words; "" where nothing is."""
    known = release(ray_version)
    if known is None:
        span = f"{releases()[-1].version} to {releases()[0].version}"
        return (
            f"Ray {ray_version} is not a release that Mobula knows ({span}). "
            "Check that the image includes it."
        )
    python = ".".join(python_version.split(".")[:2])
    if python in known.pythons:
        return ""
    return (
        f"Ray {ray_version} has no wheel for Python {python}, only for {', '.join(known.pythons)}. "
        "Check the Python version of the image."
    )


@cache
def base_images() -> tuple[BaseImage, ...]:
    """Return the known base images: the newest Ray first, then by repository, Python and tag."""
    listed = [
        BaseImage(
            repository=row["repository"],
            tag=row["tag"],
            ray_version=row["ray_version"],
            python=row["python_version"],
            variant=row["variant"],
            accelerator=row["accelerator"],
            quality=row["quality"],
            released=known.released if (known := release(row["ray_version"])) else None,
        )
        for row in _rows("base_images.csv")
    ]
    listed.sort(key=lambda image: (image.repository, in_order(image.python), image.tag))
    # Sorting keeps the order of equals: this makes the newest Ray come first.
    return tuple(sorted(listed, key=lambda image: in_order(image.ray_version), reverse=True))


@cache
def newest_base(repository: str) -> BaseImage | None:
    """Return the newest base of a repository that runs on CPUs, if there is one."""
    return next(iter(find(Wanted(repository=repository, accelerator="cpu"))), None)


@cache
def choices(field: str) -> tuple[str, ...]:
    """Return the different values of a field of base images: versions newest first."""
    values = {str(getattr(image, field)) for image in base_images()}
    versioned = field in {"ray_version", "python"}
    return tuple(sorted(values, key=in_order, reverse=True) if versioned else sorted(values))


def find(wanted: Wanted) -> list[BaseImage]:
    """Return the base images that are all of that, the newest Ray first."""
    return [image for image in base_images() if _is_wanted(image, wanted)]


def offered(wanted: Wanted) -> dict[str, tuple[str, ...]]:
    """Return of each field of `Wanted` which values are there beside what else is wanted.

    Each image is looked at once. Versions come newest first.
    """
    found: dict[str, set[str]] = {field: set() for field in _FIELDS}
    others = {field: replace(wanted, **{field: ""}) for field in _FIELDS}
    for image in base_images():
        for field, name in _FIELDS.items():
            if _is_wanted(image, others[field]):
                found[field].add(str(getattr(image, name)))
    versions = ("ray", "python")
    return {
        field: tuple(sorted(values, key=in_order, reverse=True))
        if field in versions
        else tuple(sorted(values))
        for field, values in found.items()
    }


def _is_wanted(image: BaseImage, wanted: Wanted) -> bool:
    return (
        wanted.ray in ("", image.ray_version)
        and wanted.python in ("", image.python)
        and wanted.repository in ("", image.repository)
        and wanted.variant in ("", image.variant)
        and (
            wanted.accelerator in ("", image.accelerator)
            or (wanted.accelerator == "cuda" and image.has_cuda)
        )
        and all(word in image.uri for word in wanted.text.lower().split())
    )


def in_order(version: str) -> tuple[int, ...]:
    """Return a version as numbers, so that 2.9 comes before 2.10."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


@cache
def _by_version() -> dict[str, RayRelease]:
    return {item.version: item for item in releases()}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_FACTS / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
