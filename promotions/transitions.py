"""The only module that writes `state` of change requests and test runs, with a step for each."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import User
from accounts.services import record
from domain.promotions.states import (
    OPEN_TEST_RUN_STATES,
    UNAPPLIED_STATES,
    RequestState,
    TestRunState,
    check_request_move,
    check_test_run_move,
)
from promotions.environments import current_settings
from promotions.models import ChangeRequest, Step, TestRun


class RequestMoved(WrongState):
    """Somebody else moved the request first. Reload and decide again."""

    code = "request-moved"


def locked(request: ChangeRequest) -> ChangeRequest:
    """Return the request as it is now, its row locked; only within a transaction."""
    return locked_rows().get(pk=request.pk)


def locked_rows(*, skip_locked: bool = False) -> QuerySet[ChangeRequest]:
    """Return requests with all that a step of theirs reads, their rows locked."""
    rows = ChangeRequest.objects.select_for_update(of=("self",), skip_locked=skip_locked)
    return rows.select_related(
        "team", "environment__team", "template", "version__author", "version__template",
        "author", "rolls_back", "settings__environment",
    )  # fmt: skip


@transaction.atomic
def move_request(
    request: ChangeRequest,
    wanted: RequestState,
    *,
    reason: str,
    by: User | None = None,
    **columns: Any,
) -> None:
    """Move `request` to `wanted` with its step and its audit entry.

    Raises `RequestMoved` where somebody was faster, and MoveNotAllowed.
    """
    current = RequestState(request.state)
    check_request_move(current, wanted)
    moment = now()
    values = {**columns, "state": wanted, "state_since": moment, "wake_at": moment}
    if not ChangeRequest.objects.filter(pk=request.pk, state=current).update(**values):
        raise RequestMoved(f"{request} was changed by another user. Reload the page.")
    for name, value in values.items():
        setattr(request, name, value)
    Step.objects.create(
        request=request, from_state=current, to_state=wanted, actor=by, reason=reason
    )
    record(
        f"change_request.{wanted.value.replace(' ', '_')}",
        actor=by,
        team=request.team,
        subject=request,
        before={"state": current.value},
        after={"state": wanted.value, "digest": request.digest},
        reason=reason,
    )
    if wanted not in UNAPPLIED_STATES | {RequestState.APPLYING, RequestState.VERIFYING}:
        cancel_test_runs(request, reason=f"The change request is {wanted.value}.")


@transaction.atomic
def check_again(request: ChangeRequest, *, reason: str, by: User | None = None) -> None:
    """Begin another round of checks; what was approved before is void, and says why."""
    request.approvals.filter(voided_at=None).update(voided_at=now(), void_reason=reason[:300])
    cancel_test_runs(request, reason="The checks began again.")
    move_request(
        request,
        RequestState.CHECKING,
        reason=reason,
        by=by,
        round=request.round + 1,
        settings=current_settings(request.environment),
        digest="",
        parts={},
        evidence={},
    )


def cancel_test_runs(request: ChangeRequest, *, reason: str) -> None:
    """End the request's test runs that nobody needs any more."""
    for run in request.test_runs.filter(state__in=OPEN_TEST_RUN_STATES):
        move_test_run(run, TestRunState.CANCELED, summary=reason)


@transaction.atomic
def move_test_run(run: TestRun, wanted: TestRunState, *, summary: str = "", **columns: Any) -> bool:
    """Move a test run; return False where somebody else moved it first."""
    current = TestRunState(run.state)
    check_test_run_move(current, wanted)
    moment = now()
    values: dict[str, Any] = {**columns, "state": wanted, "summary": summary[:500]}
    if wanted is TestRunState.STARTING:
        values["started_at"] = moment
    if wanted not in OPEN_TEST_RUN_STATES:
        values["ended_at"] = moment
    if not TestRun.objects.filter(pk=run.pk, state=current).update(**values):
        return False
    for name, value in values.items():
        setattr(run, name, value)
    ChangeRequest.objects.filter(pk=run.request_id).update(wake_at=moment)
    return True
