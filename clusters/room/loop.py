"""The checks of change requests that only who launches clusters can answer, answered in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db.models import F

from clusters.room.capacity import check_capacity
from clusters.room.quota import check_quota
from domain.promotions.checks import ROOM, CheckKind
from domain.promotions.states import UNAPPLIED_STATES
from promotions.checks import Answer, carry_out
from promotions.models import ChangeRequest, CheckResult

MOST_DUE = 50
_CHECKS: Mapping[CheckKind, Callable[[ChangeRequest], Answer]] = {
    CheckKind.CAPACITY: check_capacity,
    CheckKind.QUOTA: check_quota,
}


def due() -> list[int]:
    """Return the ids of the checks that wait for an answer of clusters."""
    rows = CheckResult.objects.filter(
        kind__in=ROOM,
        verdict="",
        round=F("request__round"),
        request__state__in=sorted(UNAPPLIED_STATES),
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_DUE])


def answer(check_id: int) -> None:
    """Answer a check; one that breaks is made again, and fails with the third attempt."""
    if not CheckResult.objects.filter(pk=check_id, verdict="").update(attempts=F("attempts") + 1):
        return
    rows = CheckResult.objects.select_related(
        "request__team", "request__environment__team", "request__version__template__team"
    )
    check = rows.get(pk=check_id)
    carry_out(check, _CHECKS[CheckKind(check.kind)])
