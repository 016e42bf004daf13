"""The cast of the clusters' tests: who runs a version is part of a version's page."""

from tests.clusters.conftest import cluster, driver, head, image, launch, queued, version

__all__ = ["cluster", "driver", "head", "image", "launch", "queued", "version"]
