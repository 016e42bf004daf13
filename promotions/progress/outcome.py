"""What became of a release: told by those who bring clusters to it and look at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from accounts.models import User
from accounts.services import record
from domain.promotions.states import RequestState
from promotions.environments import current_settings
from promotions.models import ChangeRequest, Release
from promotions.queries import last_good_release
from promotions.transitions import locked_rows, move_request


@transaction.atomic
def applied(request_id: int, *, failures: Sequence[str] = ()) -> None:
    """Note that all clusters follow the release, or why some cannot. Called by who brings them."""
    request = _locked(request_id, RequestState.APPLYING)
    if request is None:
        return
    if failures:
        _fail(request, reason=" ".join(failures))
    else:
        move_request(request, RequestState.VERIFYING, reason="All clusters follow the release.")


@transaction.atomic
def verified(request_id: int, *, summary: str) -> None:
    """Note that the clusters of a release do well: from now on it is a good one."""
    request = _locked(request_id, RequestState.VERIFYING)
    if request is None:
        return
    Release.objects.filter(request=request).update(verified_at=now())
    move_request(request, RequestState.DONE, reason=summary)
    if request.rolls_back and request.rolls_back.state == RequestState.FAILED:
        reason = f"Rolled back to {request.version}."
        move_request(request.rolls_back, RequestState.ROLLED_BACK, reason=reason)


@transaction.atomic
def not_verified(request_id: int, *, reason: str) -> None:
    """Note that the clusters of a release do not do well."""
    request = _locked(request_id, RequestState.VERIFYING)
    if request is not None:
        _fail(request, reason=reason)


def _fail(request: ChangeRequest, *, reason: str) -> None:
    Release.objects.filter(request=request).update(failed_at=now())
    move_request(request, RequestState.FAILED, reason=reason)
    # Never a roll-back of a roll-back: the second could only go back to what failed.
    if request.environment.rolls_back and not request.rolls_back_id:
        go_back(request, by=None, reason=reason)


def go_back(request: ChangeRequest, *, by: User | None, reason: str) -> ChangeRequest | None:
    """Queue the return to the last good release; None where there is none."""
    release = Release.objects.get(request=request)
    good = last_good_release(release)
    if good is None:
        return None
    back = ChangeRequest.objects.create(
        team=request.team,
        template=request.template,
        version=good.version,
        environment=request.environment,
        author=by or request.author,
        title=f"Roll back to {good.version}",
        description=reason,
        strategy=request.strategy,
        settings=current_settings(request.environment),
        state=RequestState.QUEUED,
        expires_at=now() + timedelta(days=1),
        rolls_back=request,
    )
    back.steps.create(
        to_state=RequestState.QUEUED, actor=by, reason=f"Takes back {request.version}: {reason}"
    )
    record(
        "change_request.rolling_back",
        actor=by,
        team=request.team,
        subject=request,
        before={"version": str(request.version)},
        after={"version": str(good.version), "automatic": by is None},
        reason=reason,
    )
    return back


def _locked(request_id: int, state: RequestState) -> ChangeRequest | None:
    return locked_rows().filter(pk=request_id, state=state).first()
