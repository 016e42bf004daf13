"""What a person can do with a change request as it is now, with the reason where they cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from accounts.permissions import Decision
from domain.promotions.states import (
    CHECKABLE_STATES,
    OPEN_STATES,
    REJECTABLE_STATES,
    UNAPPLIED_STATES,
    RequestState,
)
from promotions.models import Approval, ChangeRequest, Release
from promotions.permissions import (
    may_approve,
    may_request,
    may_roll_back,
    may_skip_checks,
)
from promotions.queries import last_good_release

_YES = Decision(allowed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Each button of the review page; None where it makes no sense in the request's state."""

    approve: Decision | None
    reject: Decision | None
    check: Decision | None
    skip: Decision | None
    cancel: Decision | None
    pause: Decision | None
    resume: Decision | None
    roll_back: Decision | None


def decisions_on(
    request: ChangeRequest, *, user: User, approvals: Iterable[Approval], release: Release | None
) -> Decisions:
    """Return what `user` can do; `approvals` are those given, `release` what the request made."""
    state = RequestState(request.state)
    is_open = state in UNAPPLIED_STATES
    able = may_approve(user, request) if is_open else _YES
    asked = may_request(user, team=request.team)
    is_applying = state is RequestState.APPLYING
    is_paused = request.paused_at is not None
    return Decisions(
        approve=_approve(request, user, approvals, able) if is_open else None,
        reject=_reject(request, able) if is_open else None,
        check=asked if state in CHECKABLE_STATES else None,
        skip=may_skip_checks(user, request.environment) if state in CHECKABLE_STATES else None,
        cancel=asked if state in UNAPPLIED_STATES else None,
        pause=asked if is_applying and not is_paused else None,
        resume=asked if is_applying and is_paused else None,
        roll_back=_roll_back(request, user, release),
    )


def _approve(
    request: ChangeRequest, user: User, approvals: Iterable[Approval], able: Decision
) -> Decision:
    if able and request.state != RequestState.AWAITING_APPROVAL:
        reason = f"This request is {request.state}: there is nothing to approve."
        return Decision(allowed=False, reason=reason)
    if able and any(row.user_id == user.pk and not row.voided_at for row in approvals):
        return Decision(allowed=False, reason="You have approved this request.")
    return able


def _reject(request: ChangeRequest, able: Decision) -> Decision:
    if able and request.state not in REJECTABLE_STATES:
        reason = f"This request is {request.state}: there is nothing to reject."
        return Decision(allowed=False, reason=reason)
    return able


def _roll_back(request: ChangeRequest, user: User, release: Release | None) -> Decision | None:
    """Only what an environment has now can be rolled back, and never a roll-back."""
    is_over = request.state not in OPEN_STATES | {RequestState.DONE, RequestState.FAILED}
    if release is None or release.replaced_at or request.rolls_back_id or is_over:
        return None
    if request.state in UNAPPLIED_STATES:
        return None
    decision = may_roll_back(user, request)
    if not decision:
        return decision
    if request.environment.removed_at:
        reason = f"Environment {request.environment} was removed."
        return Decision(allowed=False, reason=reason)
    if request.rollbacks.exists():
        return Decision(allowed=False, reason="This request is already being rolled back.")
    if last_good_release(release) is None:
        reason = f"{request.environment} has no earlier release that was verified."
        return Decision(allowed=False, reason=reason)
    return _YES
