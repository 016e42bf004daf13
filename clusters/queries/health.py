"""How clusters are, as the last passes judged them and as pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils.timezone import now

from accounts.models import Team, User
from clusters.models import Cluster, Job
from domain.health.model import ATTENTION, Finding, Level, Step, StepKind, Verdict, Wait
from domain.health.plain import verdict_from, waits_from
from domain.health.waiting import shown, steps_of
from domain.lifecycle import LIVE_CLUSTER_STATES, ClusterState
from domain.planner.explanation.causes import StopKind

# A cluster that was due so long ago and got no pass is looked after by no worker.
OVERLOOKED = timedelta(seconds=60)
# A cluster that failed longer ago is in the list, and no longer on the overview.
FAILED_LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How one cluster is, for pages."""

    level: Level
    since: datetime
    verdict: Verdict

    @property
    def needs_attention(self) -> bool:
        return self.level in ATTENTION

    @property
    def sentence(self) -> str:
        return self.verdict.sentence

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.verdict.findings


def health_of(cluster: Cluster) -> Health:
    """Return how the cluster is: as the last pass judged it, unless passes have stopped."""
    if since := _overlooked_since(cluster):
        finding = Finding(
            level=Level.BLIND,
            sentence=(
                "Mobula's workers have not checked this cluster since it was due. They are not "
                "running or overloaded; the cluster itself keeps running."
            ),
            steps=(Step(kind=StepKind.EVENTS),),
        )
        return Health(level=Level.BLIND, since=since, verdict=Verdict(findings=(finding,)))
    return Health(
        level=Level(cluster.health),
        since=cluster.health_since,
        verdict=verdict_from(cluster.findings),
    )


def _overlooked_since(cluster: Cluster) -> datetime | None:
    """Return since when the cluster has been due, if no worker looks after it."""
    moment = now()
    due = max(filter(None, (cluster.wake_at, cluster.rest_until)))
    is_held = cluster.lease_expires is not None and cluster.lease_expires > moment
    is_live = cluster.state in _WATCHED
    return due if is_live and not is_held and moment - due > OVERLOOKED else None


_WATCHED = LIVE_CLUSTER_STATES | {ClusterState.STOPPING, ClusterState.TERMINATING}


def is_overlooked() -> Q:
    """Return the same as a condition of the cluster's row."""
    limit = Now() - OVERLOOKED
    rested = Q(rest_until=None) | Q(rest_until__lt=limit)
    is_free = Q(lease_expires=None) | Q(lease_expires__lte=Now())
    return Q(state__in=_WATCHED, wake_at__lt=limit) & rested & is_free


def with_health(rows: QuerySet[Cluster], health: str) -> QuerySet[Cluster]:
    """Return those of the clusters that are so: a Level, "attention", or "" for all."""
    if health == "attention":
        return rows.filter(Q(health__in=ATTENTION) | is_overlooked())
    if health not in Level:
        return rows
    if health == Level.BLIND:
        return rows.filter(Q(health=health) | is_overlooked())
    return rows.filter(~is_overlooked(), health=health)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """The clusters of a team that need a user, the worst first."""

    lines: Sequence[tuple[Cluster, Health]]
    more: int


def attention_of(user: User, *, team: Team, limit: int = 5) -> Attention:
    """Return what needs attention in two queries at most; the list page shows all of it."""
    rows = with_health(Cluster.objects.visible_to(user).filter(team=team), "attention")
    rows = rows.exclude(state=ClusterState.FAILED, state_since__lt=Now() - FAILED_LATELY)
    ranks = (
        When(health=level, then=Value(number)) for number, level in enumerate(ATTENTION, start=1)
    )
    rank = Case(*ranks, default=Value(2), output_field=IntegerField())  # overlooked: as blind
    worst = rows.annotate(rank=rank).order_by("rank", "health_since", "pk")
    worst = worst.select_related("owner", "version")
    lines = [(cluster, health_of(cluster)) for cluster in worst[:limit]]
    more = rows.count() - limit if len(lines) == limit else 0
    return Attention(lines=lines, more=more)


# A job's page names so many things that it may wait for.
_MOST_FINDINGS = 3


def wait_of(job: Job) -> list[Finding]:
    """Return what keeps a job that is not over from going on."""
    cluster = job.cluster
    if job.is_over or job.run_id != cluster.run_id:
        return []
    health = health_of(cluster)
    failing = [item for item in health.findings if item.level in ATTENTION]
    waits = waits_from(cluster.run.waits)
    if not waits:
        return failing[:_MOST_FINDINGS]
    unfinished = Job.objects.filter(run=job.run_id).exclude(status__in=Job.OVER)
    is_shared = unfinished.exclude(pk=job.pk).exists()
    lead = "This job or another one waits for" if is_shared else "Waiting for"
    waiting = [
        Finding(
            level=Level.WAITING,
            sentence=f"{lead} {shown(wait, with_reason=not _is_explained(wait, failing))}.",
            steps=steps_of(wait),
        )
        for wait in waits
    ]
    return [*failing, *waiting][:_MOST_FINDINGS]


def _is_explained(wait: Wait, failing: Sequence[Finding]) -> bool:
    """Return whether the findings say already why the groups that would serve it cannot.

    They name failures; a limit that keeps a group from growing is another cause.
    """
    if not set(wait.stops) <= {StopKind.GROUP_COOLING, StopKind.OFFER_COOLING}:
        return False
    groups = {step.group for finding in failing for step in finding.steps if step.group}
    return bool(wait.groups) and groups.issuperset(wait.groups)


def waits_in_short(cluster: Cluster) -> str:
    """Return what the work of a cluster waits for, as in a list of its jobs; "": nothing."""
    waits = waits_from(cluster.run.waits)
    if not waits:
        return ""
    more = f" and {len(waits) - 1} more" if len(waits) > 1 else ""
    return f"waiting for {shown(waits[0], with_reason=False)}{more}"
