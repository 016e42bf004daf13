"""Take change requests forward: level-triggered, so a step may come twice, late, or be killed.

Each call looks at one request in one transaction, with its row locked, and takes the next step;
messages may be lost, since the sweep finds what is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import ServiceError
from domain.promotions.checks import ROOM, CheckKind
from domain.promotions.states import OPEN_STATES, UNAPPLIED_STATES, RequestState
from domain.promotions.windows import opening_at
from promotions.checks import kinds_for
from promotions.environments import windows_of
from promotions.evidence import gather
from promotions.models import ChangeRequest, CheckResult
from promotions.progress.applying import apply, is_busy
from promotions.progress.binding import blocked_by, void_if_changed, void_lost
from promotions.progress.room import has_room
from promotions.progress.testing import runs_to_fetch, want_test_run
from promotions.queries import checks_of, standing_of
from promotions.transitions import check_again, locked_rows, move_request

# How often a request is looked at when nothing calls for it. To see whether what was approved has
# changed takes a tenth of a second of a core; each approval, and the moment before a release moves,
# look for themselves.
PATIENCE = timedelta(minutes=5)
WHILE_CHECKED = timedelta(seconds=30)
# After that, a check that a worker began and did not answer is asked again.
CHECK_TIMEOUT = timedelta(seconds=60)


def due() -> Sequence[int]:
    """Return the ids of the requests that somebody must look at now."""
    rows = ChangeRequest.objects.filter(state__in=OPEN_STATES, wake_at__lte=now())
    return list(rows.order_by("wake_at").values_list("pk", flat=True)[:200])


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request needs from other tasks now."""

    checks: Sequence[int] = ()
    code: Sequence[int] = ()  # of these test runs
    mail: bool = False  # to those who can approve it


@transaction.atomic
def advance(request_id: int) -> Wanted:
    """Take the request one or several steps forward; return what it needs from other tasks."""
    rows = locked_rows(skip_locked=True)
    request = rows.filter(pk=request_id, state__in=OPEN_STATES).first()
    if request is None:
        return Wanted()
    is_checked = request.state == RequestState.CHECKING
    patience = WHILE_CHECKED if is_checked else PATIENCE
    ChangeRequest.objects.filter(pk=request.pk).update(wake_at=now() + patience)
    if request.state in UNAPPLIED_STATES and request.expires_at <= now():
        move_request(request, RequestState.EXPIRED, reason="It was not applied in time.")
        return Wanted()
    before = None
    while request.state != before and request.is_open:
        before = request.state
        _STEPS.get(RequestState(request.state), _wait)(request)
    if request.state == RequestState.CHECKING:
        return Wanted(checks=_checks_to_ask(request), code=runs_to_fetch(request))
    is_asking = request.state == RequestState.AWAITING_APPROVAL
    return Wanted(mail=is_asking and request.mailed_digest != request.digest)


def _wait(request: ChangeRequest) -> None:
    """Leave the request to those who carry it out, or to its author."""


def _checking(request: ChangeRequest) -> None:
    """Conclude once every check has its answer."""
    CheckResult.objects.bulk_create(
        [
            CheckResult(request=request, round=request.round, kind=kind)
            for kind in kinds_for(request)
        ],
        ignore_conflicts=True,
    )
    want_test_run(request)
    checks = checks_of(request)
    if not all(check.verdict for check in checks):
        return
    blocking = blocked_by(request)
    try:
        found = gather(request)
    except ServiceError as refusal:
        move_request(request, RequestState.BLOCKED, reason=" ".join(refusal.messages))
        return
    bound: dict[str, Any] = {
        "parts": found.parts,
        "digest": found.digest,
        "evidence": dict(found.shown),
    }
    if blocking:
        names = ", ".join(kind.label for kind in blocking)
        move_request(request, RequestState.BLOCKED, reason=f"Failed: {names}.", **bound)
        return
    move_request(request, RequestState.READY, reason="All checks are done.", **bound)


def _ready(request: ChangeRequest) -> None:
    if standing_of(request).approved:
        reason = f"{request.environment} asks for no approval."
        move_request(request, RequestState.APPROVED, reason=reason)
    else:
        move_request(request, RequestState.AWAITING_APPROVAL, reason="Waits for approval.")


def _awaiting(request: ChangeRequest) -> None:
    if void_if_changed(request):
        return
    void_lost(request)
    if standing_of(request).approved:
        move_request(request, RequestState.APPROVED, reason="Enough approvers approved it.")


def _approved(request: ChangeRequest) -> None:
    move_request(request, RequestState.QUEUED, reason="Waits for its turn.")


def _queued(request: ChangeRequest) -> None:
    """Apply the request when its turn has come, and what was approved is what there is."""
    if request.rolls_back_id:  # back to what was approved and verified before: at once
        if not is_busy(request):
            apply(request)
        return
    if void_if_changed(request):
        return
    if not standing_of(request).approved:
        check_again(request, reason="An approval does not count any more.")
        return
    if is_busy(request):
        return
    opening = opening_at(windows_of(request.environment), now())
    if not opening.allowed:
        later = min(opening.next_allowed or _later(), _later())
        ChangeRequest.objects.filter(pk=request.pk).update(wake_at=later)
        return
    if has_room(request):
        apply(request)


def _later() -> datetime:
    return now() + PATIENCE


def _checks_to_ask(request: ChangeRequest) -> list[int]:
    """Return the checks without an answer that no worker is at, and note that one will be."""
    asked = []
    for check in checks_of(request):
        is_running = check.asked_at is not None and check.asked_at > now() - CHECK_TIMEOUT
        if CheckKind(check.kind) in ROOM:
            continue
        # A test workload has its answer when its run ends: to ask is cheap, and costs no attempt.
        is_long = check.kind == CheckKind.TEST_WORKLOAD
        if check.verdict or (is_running and not is_long):
            continue
        attempts = check.attempts + (0 if is_long else 1)
        CheckResult.objects.filter(pk=check.pk).update(asked_at=now(), attempts=attempts)
        asked.append(check.pk)
    return asked


_STEPS = {
    RequestState.CHECKING: _checking,
    RequestState.READY: _ready,
    RequestState.AWAITING_APPROVAL: _awaiting,
    RequestState.APPROVED: _approved,
    RequestState.QUEUED: _queued,
}
