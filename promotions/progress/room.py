"""Whether there is still room for what was approved, asked again before it is applied."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now

from domain.promotions.checks import ROOM, Verdict
from promotions.models import ChangeRequest
from promotions.transitions import check_again

FRESH = timedelta(minutes=2)


def has_room(request: ChangeRequest) -> bool:
    """Return whether the request may be applied as far as capacity and quota go.

    Older answers are asked for again, which wakes the request; one that fails now sends it back.
    """
    rows = request.checks.filter(round=request.round, kind__in=ROOM)
    rows.filter(answered_at__lt=now() - FRESH).update(verdict="", answered_at=None, attempts=0)
    checks = list(rows)
    if not all(check.verdict for check in checks):
        return False
    refused = [check.summary for check in checks if check.verdict == Verdict.FAILED]
    if refused:
        check_again(request, reason=f"Before it was applied: {' '.join(refused)}")
    return not refused
