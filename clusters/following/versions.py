"""Whether the head of a cluster runs the Ray and the Python that its image is registered with."""

from __future__ import annotations

from clusters.models import Cluster


def has_told_versions(cluster: Cluster) -> bool:
    """Return whether the head of this start has said what it runs."""
    return bool(cluster.run.ray_version and cluster.run.python_version)


def other_versions(cluster: Cluster) -> str:
    """Return in which version the running head differs from the cluster's image, or ""."""
    if not has_told_versions(cluster):
        return "Its head has not said which Ray and Python it runs."
    run, image = cluster.run, cluster.image_version
    pairs = (
        ("Ray", run.ray_version, image.ray_version),
        ("Python", run.python_version, image.python_version),
    )
    wrong = [
        f"Its head runs {name} {told}, and its image {image} is registered with {name} {expected}."
        for name, told, expected in pairs
        if not _is_same(told, expected)
    ]
    return " ".join(wrong)


def _is_same(told: str, expected: str) -> bool:
    """Compare versions as far as the registered one goes: 3.12 is also 3.12.4."""
    parts = expected.split(".")
    return told.split(".")[: len(parts)] == parts
