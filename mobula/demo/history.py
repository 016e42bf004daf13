"""Events, scaling decisions and jobs of a sample cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from random import Random

from clusters.models import Cluster, Event, Job, JobLog, ScalingDecision
from domain.events import EventKind
from mobula.demo.calendar import HOUR, Session
from mobula.demo.sample import BATCH, BOOT, Sample
from mobula.demo.templates import SampleTemplate

JOBS = 12  # of each cluster


def write_histories(samples: Sequence[Sample]) -> None:
    """Write the past of all clusters in the order of time, as it would have come."""
    events = [event for sample in samples for event in _events(sample.cluster, sample.sessions)]
    Event.objects.bulk_create(sorted(events, key=attrgetter("at")), batch_size=BATCH)
    decisions = [decision for sample in samples for decision in _decisions(sample)]
    ScalingDecision.objects.bulk_create(sorted(decisions, key=attrgetter("at")), batch_size=BATCH)
    jobs, logs = [], []
    for sample in samples:
        of_cluster = list(_jobs(sample))
        jobs += of_cluster
        logs += [_log(job, sample.template) for job in of_cluster[-2:]]
    Job.objects.bulk_create(sorted(jobs, key=attrgetter("created_at")), batch_size=BATCH)
    JobLog.objects.bulk_create(logs)


def _log(job: Job, template: SampleTemplate) -> JobLog:
    """Return the log of a job, which has no key yet, and note its size with the job."""
    text = "".join(f"[{step:>3}/100] {template.name}: step {step} done\n" for step in range(100))
    job.log_bytes = len(text)
    return JobLog(
        job=job, cluster=job.cluster, at=job.created_at, offset=0, size=len(text), text=text
    )


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


def _decisions(sample: Sample) -> Iterator[ScalingDecision]:
    for session in sample.sessions[-10:]:
        before = 0
        for hour, count in enumerate(session.workers[:24]):
            more = count - before
            if more:
                yield ScalingDecision(
                    cluster=sample.cluster,
                    at=session.start + hour * HOUR,
                    kind="launch" if more > 0 else "drain",
                    group=sample.template.group,
                    count=abs(more),
                    reason="Pending work." if more > 0 else "Idle for 60 s.",
                )
            before = count


def _jobs(sample: Sample) -> Iterator[Job]:
    cluster, template = sample.cluster, sample.template
    random = Random(cluster.name)  # noqa: S311 - to look like life, no secret
    for run, session in zip(sample.runs[-JOBS:], sample.sessions[-JOBS:], strict=True):
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
