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
from promotions.models import CodePackage


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
    package: CodePackage | None = None,
    workload: str,
    by: User | None,
    submission_id: str = "",
    purpose: str = "",
    in_workspace: bool = False,
) -> Job:
    """Return the job that runs a command line, beside `files` or in the `package` of its code.

    The agent submits it at once, and gets the package by its digest. `in_workspace` runs it among
    the files of the cluster's workspace, with what is installed there.

    With a `submission_id` of its own the same call again returns the job that there is. Raises
    `WrongState` unless the cluster runs. The idle timer, if it runs, starts anew.
    """
    name = submission_id or f"mobula-{workload.replace('_', '-')}-{secrets.token_hex(4)}"
    # Read with the row's lock: no job gets in after another cluster took this one's place.
    open_to_jobs = Q(
        state=ClusterState.RUNNING, target=ClusterTarget.RUNNING, replaced_by__isnull=True
    )
    if not runs.write(cluster, open_to_jobs, idle_since=None):
        raise _refusal(cluster)
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
            **({"package": {"digest": package.digest, "size": package.size}} if package else {}),
            **({"workspace": True} if in_workspace else {}),
            "env": {},
            "metadata": {**metadata, "submitted_by": by.email if by else "Mobula"},
        },
    )
    return job


def _refusal(cluster: Cluster) -> WrongState:
    replaced = Cluster.objects.filter(pk=cluster.pk, replaced_by__isnull=False)
    if current := replaced.select_related("replaced_by").first():
        return WrongState(
            f"{current} was replaced and takes no new jobs. Submit them to {current.replaced_by}."
        )
    return WrongState(f"{cluster} is not running. Wait until it is, or start it.")
