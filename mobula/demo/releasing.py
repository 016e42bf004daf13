"""Releases of the sample team, the clusters that were brought to them, and one that went back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from clusters.models import Cluster
from domain.promotions.states import RequestState
from mobula.demo.sample import LATER
from promotions.models import ChangeRequest, Release, Rollout, Step
from promotions.queries import current_release, last_good_release

R = RequestState


def write_release(
    request: ChangeRequest, followers: Sequence[Cluster], *, at: datetime, ended: datetime, why: str
) -> Release:
    """Release the request's version, in the place of what was released; `why` it was no good."""
    current = current_release(request.environment, request.template)
    if current:
        Release.objects.filter(pk=current.pk).update(replaced_at=at)
    release = Release.objects.create(
        team=request.team,
        environment=request.environment,
        template=request.template,
        version=request.version,
        number=current.number + 1 if current else 1,
        request=request,
        released_by=request.author,
        released_at=at,
        verified_at=None if why else ended,
        failed_at=ended if why else None,
    )
    ChangeRequest.objects.filter(pk=request.pk).update(base=current)
    for cluster in followers:
        doubt = why.removeprefix(f"{cluster}: ") if why.startswith(f"{cluster}:") else ""
        row = Rollout.objects.create(
            request=request,
            cluster_id=cluster.pk,
            cluster_name=cluster.name,
            state=Rollout.State.FOLLOWING,
            detail=doubt or f"Runs {request.version} and does well.",
            healthy_since=None if doubt else at,
        )
        Rollout.objects.filter(pk=row.pk).update(updated_at=ended)
    names = [cluster.pk for cluster in followers]
    Cluster.objects.filter(pk__in=names).update(
        release=release, environment=request.environment.name
    )
    return release


def roll_back(
    failed: ChangeRequest,
    followers: Sequence[Cluster],
    *,
    reason: str,
    at: datetime,
    ended: datetime,
) -> None:
    """Write the request that brought the last verified release back."""
    good = last_good_release(failed.release)
    if good is None:
        raise RuntimeError(f"{failed} has nothing to go back to.")
    back = ChangeRequest.objects.create(
        team=failed.team,
        template=failed.template,
        version=good.version,
        environment=failed.environment,
        author=failed.author,
        title=f"Roll back to {good.version}",
        description=reason,
        state=R.DONE,
        state_since=ended,
        created_at=at,
        expires_at=at + timedelta(days=1),
        wake_at=ended + LATER,
        rolls_back=failed,
    )
    count = len(followers)
    words = {
        R.QUEUED: f"Takes back {failed.version}: {reason}",
        R.APPLYING: f"Released {good.version} in {failed.environment}.",
        R.VERIFYING: "All clusters follow the release.",
        R.DONE: f"{count} clusters do well.",
    }
    before = ""
    for place, (state, said) in enumerate(words.items()):
        moment = ended if state == R.DONE else at + place * timedelta(minutes=1)
        Step.objects.create(request=back, from_state=before, to_state=state, reason=said, at=moment)
        before = state
    write_release(back, followers, at=at + timedelta(minutes=1), ended=ended, why="")
