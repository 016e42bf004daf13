"""Deprecate a version, withdraw it, and take either back."""

from __future__ import annotations

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import require
from domain.images.states import ImageState
from domain.lifecycle import MoveNotAllowed
from images.models import ImageVersion
from images.services.rights import may_edit_images
from images.transitions import move_version


def deprecate_version(
    version: ImageVersion, *, reason: str, by: User, successor: ImageVersion | None = None
) -> ImageVersion:
    """Have launch pages warn of the version, and name its successor, if there is one.

    Raises `Invalid` without a reason, and for a successor that is none; `WrongState`.
    """
    require(may_edit_images(by, version.image.team))
    reason = _checked(reason, "Enter why it should no longer be used.")
    if successor is not None:
        _check_successor(version, successor)
    return _move(version, ImageState.DEPRECATED, reason=reason, by=by, successor=successor)


def withdraw_version(version: ImageVersion, *, reason: str, by: User) -> ImageVersion:
    """Refuse launches from the version; clusters that run on it go on. Raises as above."""
    require(may_edit_images(by, version.image.team))
    reason = _checked(reason, "Enter why it must not be used.")
    return _move(version, ImageState.WITHDRAWN, reason=reason, by=by)


def restore_version(version: ImageVersion, *, by: User, reason: str = "") -> ImageVersion:
    """Make a version that is deprecated or withdrawn ready again. Raises `WrongState`."""
    require(may_edit_images(by, version.image.team))
    if version.state not in {ImageState.DEPRECATED, ImageState.WITHDRAWN}:
        raise WrongState(f"{version} is {version.state}: there is nothing to restore.")
    return _move(version, ImageState.READY, reason=reason.strip(), by=by, successor=None)


def _checked(reason: str, otherwise: str) -> str:
    if not reason.strip():
        raise Invalid.at("reason", otherwise)
    return reason.strip()


def _check_successor(version: ImageVersion, successor: ImageVersion) -> None:
    if successor.image_id != version.image_id or successor.pk == version.pk:
        raise Invalid.at("successor", f"{successor} is not another version of {version.image}.")
    if successor.state != ImageState.READY:
        raise Invalid.at(
            "successor", f"{successor} is {successor.state}. Choose one that is ready."
        )


def _move(
    version: ImageVersion, wanted: ImageState, *, reason: str, by: User, **columns: object
) -> ImageVersion:
    try:
        move_version(version, wanted, reason=reason, by=by, **columns)
    except MoveNotAllowed as error:
        raise WrongState(f"{version} is {version.state} and cannot become {wanted}.") from error
    return version
