"""The cluster of the tests of clusters."""

from tests.clusters.conftest import cluster, driver, image, launch, queued, version  # noqa: F401
