"""The only module that begins and ends the runs of a cluster."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.timezone import now

from clouds.models import CloudCheck
from clusters.models import Cluster, Command, Job, Run
from clusters.nodes.tokens import create_tokens
from clusters.transitions import StateChanged, move_cluster
from domain.lifecycle import ClusterState

_REASON_LENGTH = 1000
_RESTS = {
    ClusterState.STOPPING: ClusterState.STOPPED,
    ClusterState.TERMINATING: ClusterState.TERMINATED,
}
# What was true of the moment only: nothing waits in a run that is over.
_OVER: dict[str, Any] = {
    "ended_at": Coalesce("ended_at", Now()),
    "demand": {},
    "demand_at": None,
    "waiting_since": None,
    "drivers": None,
    "actors": None,
    "last_error": "",
    "last_error_class": "",
    "waits": [],
}


@transaction.atomic
def begin(cluster: Cluster, *, reason: str = "") -> None:
    """Begin the cluster's next run, with a new token; an earlier one ends for `reason`.

    The caller holds the cluster's row. A new cluster has none yet: it is saved afterwards, in the
    same transaction.
    """
    last = cluster.run if cluster.run_id else None
    if last is not None:
        Run.objects.filter(pk=last.pk, end_reason="").update(end_reason=reason[:_REASON_LENGTH])
        Run.objects.filter(pk=last.pk).update(**_OVER)
        message = "The cluster was restarted before this ended."
        _close_work(last, status="STOPPED", message=message)
    cluster.run = Run(cluster=cluster, number=last.number + 1 if last else 1)
    create_tokens(cluster)
    cluster.run.save()
    if last is not None:
        Cluster.objects.filter(pk=cluster.pk).update(run=cluster.run)


@transaction.atomic
def end(cluster: Cluster) -> None:
    """End the current run, whose machines are gone: its state, and the work left in it.

    Raises StateChanged when the cluster was started or terminated meanwhile.
    """
    # Also locks the cluster: a late report waits here, and is then told that the run is over.
    if not write(cluster, Q(state=cluster.state), **_OVER):
        raise StateChanged(f"{cluster} is no longer {cluster.state}.")
    rest = _RESTS.get(ClusterState(cluster.state))
    if rest:
        move_cluster(cluster, rest, reason="All machines terminated.")
    status = "FAILED" if cluster.state == ClusterState.FAILED else "STOPPED"
    message = f"The cluster was {cluster.state} before this ended."
    _close_work(cluster.run, status=status, message=message)


def write(cluster: Cluster, condition: Q, **fields: Any) -> bool:
    """Write to the run of `cluster` while it is current and the cluster's row says `condition`.

    It locks the cluster first, as everybody does, and must be called in a transaction.
    """
    # After it waited for the lock, PostgreSQL reads the cluster anew.
    rows = Cluster.objects.filter(condition, pk=cluster.pk, run=cluster.run_id)
    locked = rows.select_for_update(no_key=True).values("run")
    return Run.objects.filter(pk__in=locked).update(**fields) == 1


def note_checks(cluster: Cluster, check: CloudCheck) -> None:
    """Keep a round of checks with the current run."""
    Run.objects.filter(pk=cluster.run.pk).update(checks=check)


def note_news(rows: QuerySet[Run]) -> None:
    """Let the next pass of these runs' clusters be a whole one, whenever it is due."""
    rows.update(news=F("news") + 1)


def _close_work(run: Run, *, status: str, message: str) -> None:
    moment = now()
    jobs = Job.objects.filter(run=run).exclude(status__in=Job.OVER)
    jobs.update(status=status, message=message, ended_at=moment)
    commands = Command.objects.filter(run=run, finished_at=None)
    commands.update(finished_at=moment, ok=False, message=message)
