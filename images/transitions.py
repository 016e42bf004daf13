"""The only module that writes `state` of image versions and builds, with its audit entry."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import User
from accounts.services import record
from domain.images.states import (
    OPEN_BUILD_STATES,
    BuildState,
    ImageState,
    check_build_move,
    check_image_move,
)
from images.models import Build, ImageVersion

_MOMENTS = {BuildState.RUNNING: "started_at"}
_REASON_LENGTH = 500


class ImageMoved(WrongState):
    """Somebody else moved it first. Reload and decide again."""

    code = "image-moved"


@transaction.atomic
def move_version(
    version: ImageVersion,
    wanted: ImageState,
    *,
    reason: str = "",
    by: User | None = None,
    **columns: Any,
) -> None:
    """Move `version` to `wanted` with what else changes; `by` None is Mobula itself.

    Raises `ImageMoved` where somebody was faster, and MoveNotAllowed.
    """
    current = ImageState(version.state)
    check_image_move(current, wanted)
    reason = reason[:_REASON_LENGTH]
    changed = {"state": wanted, "state_reason": reason, **columns}
    rows = ImageVersion.objects.filter(pk=version.pk, state=current)
    if not rows.update(**changed):
        raise ImageMoved(f"{version} is no longer {current}. Reload the page.")
    for name, value in changed.items():
        setattr(version, name, value)
    record(
        f"image_version.{wanted}",
        actor=by,
        subject=version,
        team=version.image.team,
        before={"state": current},
        after={"state": wanted},
        reason=reason,
    )


@transaction.atomic
def move_build(build: Build, wanted: BuildState, *, reason: str = "", **columns: Any) -> None:
    """Move `build` to `wanted` with what else changes.

    Raises `ImageMoved` where another worker was faster, and MoveNotAllowed.
    """
    current = BuildState(build.state)
    check_build_move(current, wanted)
    changed = {"state": wanted, "reason": reason, **columns}
    if moment := _MOMENTS.get(wanted):
        changed[moment] = now()
    if wanted not in OPEN_BUILD_STATES:
        changed |= {"ended_at": now(), "lease_token": None, "lease_expires_at": None}
    rows = Build.objects.filter(pk=build.pk, state=current, lease_token=build.lease_token)
    if not rows.update(**changed):
        raise ImageMoved(f"{build} is no longer {current}, or another worker has it.")
    for name, value in changed.items():
        setattr(build, name, value)
