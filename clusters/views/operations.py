"""What people do to a cluster: each answers a POST with a redirect to its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HTMX_STOP_POLLING

from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from clusters import queries
from clusters.forms import HoldForm, ResizeForm, WorkloadForm
from clusters.models import Cluster, Group, Job
from clusters.services import jobs, operating
from clusters.services.operating import NotNow
from clusters.transitions import Conflict
from clusters.views.clusters import visible_cluster
from clusters.workloads import WORKLOADS
from domain.lifecycle import MoveNotAllowed


def _operable(request: SignedInRequest, pk: UUID) -> Cluster:
    cluster = visible_cluster(request, pk)
    require(may(request.user, Action.OPERATE, team=cluster.team))
    return cluster


def _do(
    request: SignedInRequest, cluster: Cluster, act: Callable[[], object], *, done: str, tab: str
) -> HttpResponse:
    """Call the service; say on the cluster's page what came of it."""
    try:
        act()
    except (NotNow, Conflict, MoveNotAllowed) as error:
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect(f"{reverse('clusters:detail', args=[cluster.pk])}?tab={tab}")


def _problems(form: Form) -> str:
    """Return what is wrong with a form that has no page of its own to show it on."""
    return " ".join(
        f"{form.fields[name].label}: {error}"
        for name, errors in form.errors.items()
        for error in errors
    )


@require_POST
def stop(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Give the machines back, keep the cluster."""
    cluster = _operable(request, pk)
    return _do(
        request,
        cluster,
        lambda: operating.stop_cluster(cluster, by=request.user),
        done=f"{cluster} is stopping.",
        tab="overview",
    )


@require_POST
def start(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Bring a stopped or failed cluster up again."""
    cluster = _operable(request, pk)
    return _do(
        request,
        cluster,
        lambda: operating.start_cluster(cluster, by=request.user),
        done=f"{cluster} is starting.",
        tab="overview",
    )


@require_POST
def terminate(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Give the machines back for good."""
    cluster = _operable(request, pk)
    return _do(
        request,
        cluster,
        lambda: operating.terminate_cluster(cluster, by=request.user),
        done=f"{cluster} is terminating.",
        tab="overview",
    )


@require_POST
def hold(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Let the idle timer wait."""
    cluster = _operable(request, pk)
    form = HoldForm(request.POST)
    if not form.is_valid():
        messages.error(request, _problems(form))
        return redirect("clusters:detail", pk=cluster.pk)
    hours = form.cleaned_data["hours"]
    return _do(
        request,
        cluster,
        lambda: operating.hold_idle_timer(cluster, hours=hours, by=request.user),
        done=f"The idle timer of {cluster} waits." if hours else "The idle timer runs again.",
        tab="overview",
    )


@require_POST
def resize(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Give a group other limits."""
    cluster = _operable(request, pk)
    get_object_or_404(Group, cluster=cluster, name=group, role="worker")
    form = ResizeForm(request.POST, prefix=group)
    if not form.is_valid():
        messages.error(request, _problems(form))
        return redirect(f"{reverse('clusters:detail', args=[cluster.pk])}?tab=scaling")
    return _do(
        request,
        cluster,
        lambda: operating.resize_group(cluster, group=group, by=request.user, **form.cleaned_data),
        done=f"Group {group} now has {form.cleaned_data['min_nodes']} to "
        f"{form.cleaned_data['max_nodes']} nodes.",
        tab="scaling",
    )


@require_POST
def run_workload(request: SignedInRequest, pk: UUID, key: str) -> HttpResponse:
    """Run one of the test workloads."""
    cluster = _operable(request, pk)
    workload = WORKLOADS.get(key)
    form = WorkloadForm(request.POST, workload=workload, prefix=key) if workload else None
    if workload is None or form is None or not form.is_valid():
        messages.error(request, _problems(form) if form else "There is no such workload.")
        return redirect(f"{reverse('clusters:detail', args=[cluster.pk])}?tab=jobs")
    return _do(
        request,
        cluster,
        lambda: jobs.run_workload(cluster, workload, values=form.values, by=request.user),
        done=f"{workload.label} submitted.",
        tab="jobs",
    )


def _visible_job(request: SignedInRequest, pk: UUID, job_id: int) -> Job:
    rows = Job.objects.select_related("cluster__team", "submitted_by")
    return get_object_or_404(rows, pk=job_id, cluster=visible_cluster(request, pk))


@require_GET
def job(request: SignedInRequest, pk: UUID, job_id: int) -> HttpResponse:
    """Show one job and its log, while it runs and after the cluster is gone."""
    row = _visible_job(request, pk, job_id)
    context = {
        "job": row,
        "cluster": row.cluster,
        "log": queries.log_of(row),
        "may_operate": may(request.user, Action.OPERATE, team=row.cluster.team),
    }
    if request.GET.get("part") != "live":
        return render(request, "clusters/job.html", context)
    status = HTMX_STOP_POLLING if row.is_over else 200
    return render(request, "clusters/job.html#live", context, status=status)


def _file_name(row: Job) -> str:
    """Return the job's name for a header and a disk: whoever submitted it chose its id."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", row.submission_id)


@require_GET
def job_log(request: SignedInRequest, pk: UUID, job_id: int) -> HttpResponse:
    """Return the whole log as a text file."""
    row = _visible_job(request, pk, job_id)
    return HttpResponse(
        queries.log_of(row, after=0).text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{_file_name(row)}.log"'},
    )


@require_POST
def stop_job(request: SignedInRequest, pk: UUID, job_id: int) -> HttpResponse:
    """Stop a job."""
    row = _visible_job(request, pk, job_id)
    require(may(request.user, Action.OPERATE, team=row.cluster.team))
    return _do(
        request,
        row.cluster,
        lambda: jobs.stop_job(row, by=request.user),
        done=f"{row.submission_id} is being stopped.",
        tab="jobs",
    )
