"""The end of a build without an image: canceled, failed, or left by its worker."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from domain.images.states import BuildState, ImageState
from images.building.log import end_steps
from images.building.secrets import forget_secrets
from images.models import Build
from images.transitions import move_build, move_version


@transaction.atomic
def end_without_image(build: Build, state: BuildState, *, reason: str) -> None:
    """End the build, and its version with it: it can be edited and built again.

    Its secrets are gone then.

    Raises `ImageMoved` where somebody else was faster.
    """
    end_steps(build, now().timestamp())
    forget_secrets(build.version)
    move_build(build, state, reason=reason[:1000], steps=build.steps)
    move_version(build.version, ImageState.FAILED, reason=reason, by=build.canceled_by)
