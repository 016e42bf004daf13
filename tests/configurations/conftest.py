"""The cast of the clusters' tests: who runs a version is part of a version's page."""

from tests.clusters.conftest import cluster, driver, head, image, launch, queued, version
from tests.configurations.editor_page import editor, new_editor

__all__ = [
    "cluster", "driver", "editor", "head", "image", "launch", "new_editor", "queued", "version",
]  # fmt: skip
