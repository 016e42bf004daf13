"""Which Ray, Python and CUDA an image says that it has: by labels, environment, or tag."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_RAY_LABELS = ("io.ray.version", "io.ray.ray-version", "ray.version")
_PYTHON_LABELS = ("io.ray.python-version", "python.version")
_CUDA_LABELS = ("io.ray.cuda-version", "cuda.version")
_VERSION = re.compile(r"\d+(?:\.\d+){1,3}(?:(?:a|b|rc|\.?dev|\.?post)\d+)?(?:\+[0-9a-z.]{1,8})?")
_LONGEST = 20  # what a version's columns hold
# How Ray names its images: 2.49.1-slim-py312-cu128, 2.9.0.a1b2c3-py39-gpu.
_RAY_TAG = re.compile(
    r"(?P<ray>\d+\.\d+\.\d+(?:rc\d+)?)(?:\.[0-9a-f]{6,})?(?:-[a-z]+)*?"
    r"(?:-py(?P<major>\d)(?P<minor>\d{1,2}))?(?:-(?:cu(?P<cuda>\d{2,3})|[a-z]+))?(?:-aarch64)?"
)
_RAY_REPOSITORIES = frozenset({"ray", "ray-ml", "ray-llm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsInside:
    """What is known of it; "" where nothing says so."""

    ray: str = ""
    python: str = ""
    cuda: str = ""


def versions_inside(
    *, labels: Mapping[str, str], environment: Iterable[str], repository: str, tag: str
) -> VersionsInside:
    """Return the versions of an image; `environment` has lines such as "RAY_VERSION=2.50.0".

    Labels are believed first, then the environment, then a tag of Ray's own images. What is no
    version is not believed.
    """
    lines = dict(line.split("=", 1) for line in environment if "=" in line)
    named = _by_tag(repository, tag)
    return VersionsInside(
        ray=_first(labels, _RAY_LABELS) or _version(lines.get("RAY_VERSION")) or named.ray,
        python=_first(labels, _PYTHON_LABELS)
        or _version(lines.get("PYTHON_VERSION"))
        or named.python,
        cuda=_first(labels, _CUDA_LABELS) or _version(lines.get("CUDA_VERSION")) or named.cuda,
    )


def wrong_version(text: str) -> str:
    """Return what is wrong with a version that a person typed, with the way out; "" if nothing."""
    if _version(text):
        return ""
    return f"“{text}” is not a version. Enter numbers joined by periods, such as 2.50.0."


def _first(labels: Mapping[str, str], names: Iterable[str]) -> str:
    return next(filter(None, (_version(labels.get(name)) for name in names)), "")


def _version(text: str | None) -> str:
    text = (text or "").strip().removeprefix("v")
    return text if len(text) <= _LONGEST and _VERSION.fullmatch(text) else ""


def _by_tag(repository: str, tag: str) -> VersionsInside:
    owner, _, name = repository.rpartition("/")
    found = _RAY_TAG.fullmatch(tag)
    is_ray = owner.rpartition("/")[2] in {"rayproject", "anyscale"} and name in _RAY_REPOSITORIES
    if not found or not is_ray:
        return VersionsInside()
    python = f"{found['major']}.{found['minor']}" if found["major"] else ""
    cuda = found["cuda"] or ""
    return VersionsInside(
        ray=found["ray"], python=python, cuda=f"{cuda[:-1]}.{cuda[-1]}" if cuda else ""
    )
