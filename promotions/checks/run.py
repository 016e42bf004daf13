"""Which checks a request gets, and one of them carried out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from django.utils.timezone import now

from accounts.errors import ServiceError
from domain.promotions.checks import CheckKind
from promotions.checks.answer import Answer, failed
from promotions.checks.launching import (
    check_cloud,
    check_configuration,
    check_dependencies,
    check_image,
)
from promotions.checks.order import check_previous, check_test_workload, check_window
from promotions.checks.prices import check_price
from promotions.models import ChangeRequest, CheckResult

log = logging.getLogger(__name__)

_CHECKS: Mapping[CheckKind, Callable[[ChangeRequest], Answer | None]] = {
    CheckKind.CONFIGURATION: check_configuration,
    CheckKind.IMAGE: check_image,
    CheckKind.DEPENDENCIES: check_dependencies,
    CheckKind.CLOUD: check_cloud,
    CheckKind.PRICE: check_price,
    CheckKind.WINDOW: check_window,
    CheckKind.PREVIOUS: check_previous,
    CheckKind.TEST_WORKLOAD: check_test_workload,
}
MOST_ATTEMPTS = 3


def kinds_for(request: ChangeRequest) -> list[CheckKind]:
    """Return the checks that are made for a request: all but those that a hotfix skips."""
    return [kind for kind in CheckKind if kind.value not in request.skipped]


def answer_of(kind: CheckKind, request: ChangeRequest) -> Answer | None:
    """Return what a check of this app finds now.

    None while what it waits for has not ended, and for what only those who run clusters know.
    """
    make = _CHECKS.get(kind)
    return make(request) if make else None


def run_check(check: CheckResult) -> bool:
    """Carry out a check and write its answer; return whether it has one."""
    make = _CHECKS.get(CheckKind(check.kind))
    return make is not None and carry_out(check, make)


def carry_out(check: CheckResult, make: Callable[[ChangeRequest], Answer | None]) -> bool:
    """Make a check by `make` and write its answer; return whether it has one.

    It may run twice and late: the first answer of a round stays. A check that breaks is tried
    again, and fails with the third attempt.
    """
    if check.verdict or check.request.round != check.round:
        return bool(check.verdict)
    try:
        answer = make(check.request)
    except ServiceError as refusal:
        answer = failed(" ".join(refusal.messages))
    except Exception as error:
        log.exception("check failed", extra={"check": check.pk, "kind": check.kind})
        if check.attempts < MOST_ATTEMPTS:
            return False
        answer = failed(f"The check could not be made ({type(error).__name__}). Check again.")
    return answer is not None and _write(check, answer)


def _write(check: CheckResult, answer: Answer) -> bool:
    rows = CheckResult.objects.filter(pk=check.pk, verdict="")
    rows.update(
        verdict=answer.verdict,
        summary=answer.summary,
        answer=dict(answer.answer),
        answered_at=now(),
    )
    ChangeRequest.objects.filter(pk=check.request_id).update(wake_at=now())
    return True
