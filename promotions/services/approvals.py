"""Approve a change request, or reject it: bound to the digest of what was looked at."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.errors import Invalid, Outdated, WrongState
from accounts.models import User
from accounts.permissions import require
from accounts.services import record
from domain.promotions.states import REJECTABLE_STATES, RequestState
from promotions.models import Approval, Approver, ChangeRequest
from promotions.permissions import may_approve
from promotions.progress import void_if_changed, void_lost
from promotions.queries import standing_of
from promotions.tasks import ask_on_commit
from promotions.transitions import locked, move_request


class ChangedSince(Outdated):
    """What the approver looked at is not what there is now."""

    code = "changed-since-review"


def approve(request: ChangeRequest, *, digest: str, reason: str = "", by: User) -> ChangeRequest:
    """Count an approval of what has this digest; return the request as it is then.

    Raises `ChangedSince` where it has changed, `WrongState` where there is nothing to approve, and
    `NotAllowed` for whoever is no approver, asked for the change or wrote the version.
    """
    current, changed = _approve(request, digest=digest, reason=reason, by=by)
    if changed:  # after the transaction: that approvals are void stays
        raise ChangedSince("This request has changed since you opened it. Review it again.")
    return current


@transaction.atomic
def _approve(
    request: ChangeRequest, *, digest: str, reason: str, by: User
) -> tuple[ChangeRequest, bool]:
    current = locked(request)
    require(may_approve(by, current))
    if current.state != RequestState.AWAITING_APPROVAL:
        raise WrongState(f"{current} is {current.state}: there is nothing to approve.")
    if not digest or digest != current.digest:
        return current, True
    if void_if_changed(current):
        ask_on_commit(current.pk)
        return current, True
    void_lost(current)  # also an earlier one of the same person
    _write(current, Approval.Decision.APPROVE, reason=reason, by=by)
    if standing_of(current).approved:
        move_request(current, RequestState.APPROVED, reason="Enough approvers approved it.", by=by)
    ask_on_commit(current.pk)
    return current, False


@transaction.atomic
def reject(request: ChangeRequest, *, reason: str, by: User) -> ChangeRequest:
    """End the request with the reason of an approver who does not agree."""
    current = locked(request)
    require(may_approve(by, current))
    if not reason.strip():
        raise Invalid.at("reason", "Say why, so that its author can do something about it.")
    if current.state not in REJECTABLE_STATES:
        raise WrongState(f"{current} is {current.state} and cannot be rejected.")
    current.approvals.filter(user=by, voided_at=None).delete()
    _write(current, Approval.Decision.REJECT, reason=reason, by=by)
    move_request(current, RequestState.REJECTED, reason=reason.strip(), by=by)
    return current


def _write(request: ChangeRequest, decision: Approval.Decision, *, reason: str, by: User) -> None:
    places = Approver.objects.filter(group__environment=request.environment, user=by)
    try:
        with transaction.atomic():
            Approval.objects.create(
                request=request,
                user=by,
                decision=decision,
                digest=request.digest,
                places=sorted(places.values_list("pk", flat=True)),
                groups=sorted(places.values_list("group__name", flat=True)),
                reason=reason.strip(),
            )
    except IntegrityError as error:
        raise WrongState("You have already approved this request.") from error
    record(
        f"change_request.approval_{decision}",
        actor=by,
        team=request.team,
        subject=request,
        after={"digest": request.digest, "round": request.round},
        reason=reason.strip(),
    )
