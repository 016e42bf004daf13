"""States of an image version and of a build, and the moves allowed between them."""

from collections.abc import Mapping
from enum import StrEnum

from domain.lifecycle import MoveNotAllowed


class ImageSource(StrEnum):
    """Where a version comes from."""

    REGISTERED = "registered"  # somebody else built it: it is in a registry
    DOCKERFILE = "dockerfile"  # Mobula builds it
    VIRTUAL_ENVIRONMENT = "virtual environment"  # Mobula builds it on its own host
    INSTALLED = "installed"  # the Ray beside Mobula


class ImageState(StrEnum):
    """Whether clusters can be launched from a version."""

    DRAFT = "draft"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"
    DEPRECATED = "deprecated"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return self.value.capitalize()


I = ImageState  # noqa: E741 - as the other tables have one letter
IMAGE_MOVES: Mapping[ImageState, frozenset[ImageState]] = {
    # Its author has it built.
    I.DRAFT: frozenset({I.BUILDING}),
    # It is in the registry; it could not be built, or somebody canceled it.
    I.BUILDING: frozenset({I.READY, I.FAILED}),
    # Built again, from the same or from a mended Dockerfile.
    I.FAILED: frozenset({I.BUILDING}),
    # Something better is there; it must not be used.
    I.READY: frozenset({I.DEPRECATED, I.WITHDRAWN}),
    # It is good after all; it must not be used.
    I.DEPRECATED: frozenset({I.READY, I.WITHDRAWN}),
    # It is good after all.
    I.WITHDRAWN: frozenset({I.READY}),
}
EDITABLE_IMAGE_STATES = frozenset({I.DRAFT, I.FAILED})
"""What it is built from can be changed."""

UNBUILT_IMAGE_STATES = frozenset({I.DRAFT, I.BUILDING, I.FAILED})
"""There is nothing yet that a node could pull."""

LAUNCHABLE_IMAGE_STATES = frozenset({I.READY, I.DEPRECATED})


class BuildState(StrEnum):
    """How far a build has come."""

    QUEUED = "queued"
    RUNNING = "running"
    PUSHING = "pushing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def label(self) -> str:
        return self.value.capitalize()


B = BuildState
BUILD_MOVES: Mapping[BuildState, frozenset[BuildState]] = {
    # A worker took it; there is no builder; somebody canceled it.
    B.QUEUED: frozenset({B.RUNNING, B.FAILED, B.CANCELED}),
    # All steps are done; there is nothing to push; a step failed; somebody canceled it.
    B.RUNNING: frozenset({B.PUSHING, B.SUCCEEDED, B.FAILED, B.CANCELED}),
    # The registry has it under the digest that was built; it has not; somebody canceled it.
    B.PUSHING: frozenset({B.SUCCEEDED, B.FAILED, B.CANCELED}),
    B.SUCCEEDED: frozenset(),
    B.FAILED: frozenset(),
    B.CANCELED: frozenset(),
}
OPEN_BUILD_STATES = frozenset({B.QUEUED, B.RUNNING, B.PUSHING})


def check_image_move(current: ImageState, wanted: ImageState) -> None:
    """Raise `MoveNotAllowed` unless a version may go from `current` to `wanted`."""
    if wanted not in IMAGE_MOVES[current]:
        raise MoveNotAllowed(current, wanted)


def check_build_move(current: BuildState, wanted: BuildState) -> None:
    """Raise `MoveNotAllowed` unless a build may go from `current` to `wanted`."""
    if wanted not in BUILD_MOVES[current]:
        raise MoveNotAllowed(current, wanted)
