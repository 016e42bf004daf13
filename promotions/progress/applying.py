"""Whose turn it is, and the release moved."""

from __future__ import annotations

from django.db.models import Q
from django.utils.timezone import now

from accounts.services import record
from domain.promotions.states import APPLIED_STATES, UNAPPLIED_STATES, RequestState
from promotions.models import ChangeRequest, Release
from promotions.transitions import move_request


def is_busy(request: ChangeRequest) -> bool:
    """Whether another request of the same template and environment has its turn."""
    others = ChangeRequest.objects.filter(
        environment=request.environment, template=request.template
    ).exclude(pk=request.pk)
    if others.filter(state__in=APPLIED_STATES).exists():
        return True
    if request.rolls_back_id:
        return False
    waiting = others.filter(state=RequestState.QUEUED)
    return waiting.filter(Q(pk__lt=request.pk) | Q(rolls_back__isnull=False)).exists()


def apply(request: ChangeRequest) -> None:
    """Point the release to the request's version; what follows it is brought there by others."""
    current = (
        Release.objects.select_for_update()
        .filter(environment=request.environment, template=request.template, replaced_at=None)
        .first()
    )
    if current:
        Release.objects.filter(pk=current.pk).update(replaced_at=now())
    last = Release.objects.filter(environment=request.environment, template=request.template)
    number = last.order_by("-number").values_list("number", flat=True).first() or 0
    release = Release.objects.create(
        team=request.team,
        environment=request.environment,
        template=request.template,
        version=request.version,
        number=number + 1,
        request=request,
        released_by=request.author,
    )
    move_request(request, RequestState.APPLYING, reason=f"Released {release}.", base=current)
    record(
        "release.changed",
        actor=request.author,
        team=request.team,
        subject=request.template,
        before={"environment": request.environment.name, "version": str(current.version)}
        if current
        else None,
        after={"environment": request.environment.name, "version": str(request.version)},
        reason=request.title,
    )
    _supersede(request)


def _supersede(request: ChangeRequest) -> None:
    """End the older requests of the same place: they would take it back."""
    older = ChangeRequest.objects.select_for_update().filter(
        environment=request.environment,
        template=request.template,
        state__in=UNAPPLIED_STATES,
        pk__lt=request.pk,
    )
    for each in older:
        move_request(each, RequestState.SUPERSEDED, reason=f"{request} was released.")
