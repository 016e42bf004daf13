"""A cluster's jobs: run a test workload, show one with its log, stop it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HTMX_STOP_POLLING

from accounts.answers import perform
from accounts.permissions import Action, may
from accounts.requests import SignedInRequest
from accounts.spreadsheets import file_name
from clusters.forms import WorkloadForm
from clusters.models import Job
from clusters.queries import clusters
from clusters.queries.health import wait_of
from clusters.services import jobs
from clusters.views.requests import page_of, visible_cluster
from clusters.workloads import WORKLOADS


@require_POST
def run_workload(request: SignedInRequest, pk: UUID, key: str) -> HttpResponse:
    """Run one of the test workloads."""
    cluster = visible_cluster(request, pk)
    workload = WORKLOADS.get(key)
    if workload is None:
        messages.error(request, "Workload not found.")
        return redirect(page_of(cluster, "jobs"))
    form = WorkloadForm(request.POST, workload=workload, prefix=key)
    return perform(
        request,
        lambda: jobs.run_workload(cluster, workload, values=form.values, by=request.user),
        form=form,
        done=f"{workload.label} submitted.",
        to=page_of(cluster, "jobs"),
    )


def _visible_job(request: SignedInRequest, pk: UUID, job_id: int) -> Job:
    of_cluster = ("cluster__team", "cluster__run", "cluster__version")
    rows = Job.objects.select_related(*of_cluster, "submitted_by")
    return get_object_or_404(rows, pk=job_id, cluster=visible_cluster(request, pk))


@require_GET
def job(request: SignedInRequest, pk: UUID, job_id: int) -> HttpResponse:
    """Show one job and its log, while it runs and after the cluster is gone."""
    row = _visible_job(request, pk, job_id)
    context = {
        "job": row,
        "cluster": row.cluster,
        "log": clusters.log_of(row),
        "waits": wait_of(row),
        "may_operate": may(request.user, Action.OPERATE, team=row.cluster.team),
    }
    if request.GET.get("part") != "live":
        return render(request, "clusters/job.html", context)
    status = HTMX_STOP_POLLING if row.is_over else 200
    return render(request, "clusters/job.html#live", context, status=status)


@require_GET
def job_log(request: SignedInRequest, pk: UUID, job_id: int) -> HttpResponse:
    """Return the whole log as a text file."""
    row = _visible_job(request, pk, job_id)
    return HttpResponse(
        clusters.log_of(row, after=0).text,
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(row.submission_id)}.log"'
        },
    )


@require_POST
def stop_job(request: SignedInRequest, pk: UUID, job_id: int) -> HttpResponse:
    """Stop a job."""
    row = _visible_job(request, pk, job_id)
    return perform(
        request,
        lambda: jobs.stop_job(row, by=request.user),
        done=f"Stopping {row.submission_id}.",
        to=page_of(row.cluster, "jobs"),
    )
