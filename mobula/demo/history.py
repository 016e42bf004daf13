"""Events, scaling decisions and jobs of a sample cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random

from clusters.models import Cluster, Event, Job, JobLog, Run, ScalingDecision
from domain.events import EventKind
from mobula.demo.calendar import HOUR, Session
from mobula.demo.templates import SampleTemplate

BOOT = timedelta(minutes=3)
JOBS = 12  # of each cluster


def write_history(
    template: SampleTemplate, cluster: Cluster, runs: Sequence[Run], past: Sequence[Session]
) -> None:
    Event.objects.bulk_create(_events(cluster, past))
    ScalingDecision.objects.bulk_create(_decisions(template, cluster, past))
    jobs = Job.objects.bulk_create(_jobs(template, cluster, runs[-JOBS:], past[-JOBS:]))
    lines = "".join(f"[{step:>3}/100] {template.name}: step {step} done\n" for step in range(100))
    size = len(lines)
    JobLog.objects.bulk_create(
        JobLog(job=job, cluster=cluster, at=job.created_at, offset=0, size=size, text=lines)
        for job in jobs[-2:]
    )
    Job.objects.filter(pk__in=[job.pk for job in jobs[-2:]]).update(log_bytes=size)


def _events(cluster: Cluster, past: Sequence[Session]) -> Iterator[Event]:
    yield Event(
        cluster=cluster,
        at=past[0].start,
        kind=EventKind.CLUSTER_LAUNCHED,
        message=f"Launched from {cluster.version}.",
        actor=cluster.owner,
    )
    for session in past[-20:]:
        moves = [(session.start + BOOT, "starting", "running", "Head node ready.")]
        if not session.is_open:
            moves.append((session.end, "stopping", "stopped", "All machines terminated."))
        for at, before, after, reason in moves:
            yield Event(
                cluster=cluster,
                at=at,
                kind=EventKind.CLUSTER_STATE_CHANGED,
                from_state=before,
                to_state=after,
                message=reason,
            )


def _decisions(
    template: SampleTemplate, cluster: Cluster, past: Sequence[Session]
) -> Iterator[ScalingDecision]:
    for session in past[-10:]:
        before = 0
        for hour, count in enumerate(session.workers[:24]):
            more = count - before
            if more:
                yield ScalingDecision(
                    cluster=cluster,
                    at=session.start + hour * HOUR,
                    kind="launch" if more > 0 else "drain",
                    group=template.group,
                    count=abs(more),
                    reason="Pending work." if more > 0 else "Idle for 60 s.",
                )
            before = count


def _jobs(
    template: SampleTemplate, cluster: Cluster, runs: Sequence[Run], past: Sequence[Session]
) -> Iterator[Job]:
    random = Random(cluster.name)  # noqa: S311 - to look like life, no secret
    for run, session in zip(runs, past, strict=True):
        failed, begun = random.random() < 0.1, session.start + 2 * BOOT
        is_over = not session.is_open
        yield Job(
            cluster=cluster,
            run=run,
            submission_id=f"{template.name}-{run.number}",
            status=("FAILED" if failed else "SUCCEEDED") if is_over else "RUNNING",
            entrypoint=f"python {template.name.replace('-', '_')}.py --run {run.number}",
            message="Job entrypoint command failed with exit code 1." if is_over and failed else "",
            submitted_by=cluster.owner,
            created_at=begun,
            started_at=begun,
            ended_at=session.end - 2 * BOOT if is_over else None,
        )
