"""Take a release back; pause and resume the change of its clusters."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import require
from accounts.services import record
from domain.promotions.states import APPLIED_STATES, RequestState
from promotions.environments import require_present
from promotions.models import ChangeRequest, Release
from promotions.permissions import may_request, may_roll_back
from promotions.progress import go_back
from promotions.queries import last_good_release
from promotions.tasks import ask_on_commit
from promotions.transitions import locked, move_request


@transaction.atomic
def roll_back(request: ChangeRequest, *, reason: str, by: User) -> ChangeRequest:
    """Return the request that brings the last good release back.

    Raises `WrongState` where the request's release is not the current one, or nothing good was
    released before it, or it is a roll-back itself, or the environment was removed.
    """
    require(may_roll_back(by, request))
    if not reason.strip():
        raise Invalid.at("reason", "Say why the release is taken back.")
    require_present(request.environment)
    current = locked(request)
    release = Release.objects.filter(request=current, replaced_at=None).first()
    if release is None:
        raise WrongState(f"{current} is not what {current.environment} has now.")
    if current.rolls_back_id:
        raise WrongState("A roll-back cannot be rolled back. Request the version you want.")
    if last_good_release(release) is None:
        raise WrongState(f"{current.environment} has no earlier release that was verified.")
    if current.rollbacks.exists():
        raise WrongState(f"{current} is already being rolled back.")
    if current.state in APPLIED_STATES:
        move_request(current, RequestState.FAILED, reason=reason.strip(), by=by)
    Release.objects.filter(pk=release.pk).update(failed_at=now())
    back = go_back(current, by=by, reason=reason.strip())
    if back is None:  # it was there a moment ago, under the same lock
        raise WrongState(f"{current.environment} has no earlier release that was verified.")
    ask_on_commit(back.pk)
    return back


@transaction.atomic
def pause(request: ChangeRequest, *, by: User) -> None:
    """Change no further cluster until the request is resumed. A second call changes nothing."""
    _set_paused(request, paused=True, by=by)


@transaction.atomic
def resume(request: ChangeRequest, *, by: User) -> None:
    """Go on with the clusters that do not follow yet. A second call changes nothing."""
    _set_paused(request, paused=False, by=by)


def _set_paused(request: ChangeRequest, *, paused: bool, by: User) -> None:
    require(may_request(by, team=request.team))
    current = locked(request)
    if current.state != RequestState.APPLYING:
        raise WrongState(f"{current} is {current.state}: no cluster is being changed.")
    if (current.paused_at is not None) is paused:
        return
    ChangeRequest.objects.filter(pk=current.pk).update(paused_at=now() if paused else None)
    word = "paused" if paused else "resumed"
    record(f"change_request.{word}", actor=by, team=current.team, subject=current)
