"""Hand a workload to a cluster's head agent: for a user, or for Mobula itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q

from accounts.errors import WrongState
from accounts.models import User
from clusters import runs
from clusters.models import Cluster, Command, Job
from clusters.workloads import Workload
from domain.lifecycle import ClusterState, ClusterTarget


def submit(
    cluster: Cluster,
    workload: Workload,
    *,
    values: Mapping[str, float],
    by: User | None,
    submission_id: str = "",
    purpose: str = "",
) -> Job:
    """Return the job that runs `workload`; see `submit_command`."""
    return submit_command(
        cluster,
        workload.entrypoint(dict(values)),
        files={workload.script: workload.source()},
        workload=workload.key,
        by=by,
        submission_id=submission_id,
        purpose=purpose,
    )


@transaction.atomic
def submit_command(
    cluster: Cluster,
    command: str,
    *,
    files: Mapping[str, str] | None = None,
    workload: str,
    by: User | None,
    submission_id: str = "",
    purpose: str = "",
) -> Job:
    """Return the job that runs a command line, beside `files`; the agent submits it at once.

    With a `submission_id` of its own the same call again returns the job that there is. Raises
    `WrongState` unless the cluster runs. The idle timer, if it runs, starts anew.
    """
    name = submission_id or f"mobula-{workload.replace('_', '-')}-{secrets.token_hex(4)}"
    running = Q(state=ClusterState.RUNNING, target=ClusterTarget.RUNNING)
    if not runs.write(cluster, running, idle_since=None):
        raise WrongState(f"{cluster} is not running. Wait until it is, or start it.")
    if existing := Job.objects.filter(run=cluster.run_id, submission_id=name).first():
        return existing
    metadata = {"workload": workload, **({"purpose": purpose} if purpose else {})}
    job = Job.objects.create(
        cluster=cluster,
        run_id=cluster.run_id,
        submission_id=name,
        entrypoint=command,
        submitted_by=by,
        metadata=metadata,
    )
    Command.objects.create(
        cluster=cluster,
        run_id=cluster.run_id,
        kind=Command.Kind.SUBMIT_JOB,
        created_by=by,
        body={
            "submission_id": name,
            "entrypoint": command,
            "files": dict(files or {}),
            "env": {},
            "metadata": {**metadata, "submitted_by": by.email if by else "Mobula"},
        },
    )
    return job
