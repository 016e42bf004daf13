"""Which releases are under way, and one step of each."""

from __future__ import annotations

from clusters.following.bringing import bring
from clusters.following.verification import verify
from domain.promotions.states import APPLIED_STATES, RequestState
from promotions.models import ChangeRequest


def due() -> list[int]:
    """Return the ids of the change requests whose clusters are to be looked at."""
    rows = ChangeRequest.objects.filter(state__in=sorted(APPLIED_STATES))
    return list(rows.order_by("state_since").values_list("pk", flat=True)[:100])


def step(request_id: int) -> None:
    """Take the clusters of a change request one step; it may run twice, late, or be killed."""
    rows = ChangeRequest.objects.select_related(
        "environment", "template", "version__template", "release__version__template",
        "release__environment", "release__template", "settings__environment",
    )  # fmt: skip
    request = rows.filter(pk=request_id, state__in=sorted(APPLIED_STATES)).first()
    if request is None:
        return
    if request.state == RequestState.APPLYING:
        bring(request)
    else:
        verify(request)
