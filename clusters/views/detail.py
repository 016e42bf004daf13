"""One cluster's page with its tabs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET
from django_htmx.http import HTMX_STOP_POLLING

from accounts.permissions import Action, may, may_each
from accounts.requests import SignedInRequest
from accounts.views.history import TAB, history_of
from clusters.forms import HoldForm, LimitsForm, ResizeForm, UpdateForm, WorkloadForm
from clusters.models import Cluster
from clusters.nodes.tokens import has_token_auth, ray_token
from clusters.preflight import checks_of
from clusters.queries import clusters, scaling
from clusters.queries.changed import changed_since_launch
from clusters.queries.consolidation import consolidation_of
from clusters.queries.cooldowns import cooldowns_of
from clusters.queries.drift import drift_of
from clusters.queries.folding import folded_events, folded_nodes
from clusters.queries.health import health_of, waits_in_short
from clusters.queries.outdated import outdated_summary
from clusters.queries.replacement import replacement_of, version_before
from clusters.queries.timeline import next_step, phases
from clusters.reconcile import termination
from clusters.switching.queries import open_switches_of
from clusters.views.columns import DECISIONS, EVENTS, JOBS, JOBS_ON_OVERVIEW
from clusters.views.node_columns import ENDED_NODES, NODES, ON_OVERVIEW
from clusters.views.requests import visible_cluster
from clusters.views.updating import following_context, update_context
from clusters.workloads import WORKLOADS
from domain.events import EventKind
from domain.lifecycle import ClusterState
from domain.wording import usd
from metering.queries.running import accrued
from tables.pages import Page, page_of, preview_of

NODES_ON_OVERVIEW = 20
SAID_FOR = timedelta(days=1)  # that the addresses changed with a start
TABS = ("overview", "nodes", "scaling", "jobs", "events", "configuration", TAB)


@require_GET
def detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show one cluster; `?tab=` names the part, htmx gets the live part alone."""
    cluster = visible_cluster(request, pk)
    tab = request.GET.get("tab", "overview")
    tab = tab if tab in TABS else "overview"
    context = _context(request, cluster, tab)
    if request.GET.get("part") != "live":
        return render(request, "clusters/detail.html", context)
    # What has ended does not change any more: the browser stops asking.
    status = HTMX_STOP_POLLING if cluster.state == ClusterState.TERMINATED else 200
    return render(request, "clusters/detail.html#live", context, status=status)


def refused_resize(request: SignedInRequest, cluster: Cluster, form: ResizeForm) -> HttpResponse:
    """Show the scaling tab with what was typed into one group's form, and what is wrong with it."""
    context = _context(request, cluster, "scaling")
    forms = [
        (name, form if name == form.prefix else other) for name, other in context["resize_forms"]
    ]
    context["resize_forms"] = forms
    return render(request, "clusters/detail.html", context, status=422)


def _context(request: SignedInRequest, cluster: Cluster, tab: str) -> dict[str, Any]:
    nodes, groups = clusters.rows_of(cluster)
    address = reverse("clusters:detail", args=[cluster.pk])
    outdated = outdated_summary(cluster, nodes)
    is_whole = request.GET.get("part") != "live"
    actions = (Action.OPERATE, Action.EDIT_TEMPLATE, Action.READ_HISTORY)
    may_operate, may_edit, may_read = may_each(request.user, *actions, team=cluster.team)
    spent = accrued([cluster.pk], now()).get(cluster.pk, 0)
    return {
        "cluster": cluster,
        "tab": tab,
        "tabs": [
            {"label": name.capitalize(), "url": f"{address}?tab={name}", "current": name == tab}
            for name in TABS
            if name != TAB or may_read
        ],
        "crumbs": [("Clusters", reverse("clusters:list"))],
        "nodes": nodes,
        "groups": groups,
        "head": next((node for node in nodes if node.role == "head"), None),
        "verdict": termination.verdict_for(cluster, nodes),
        "accrued": spent,
        "next_step": next_step(cluster),
        "switches": open_switches_of(cluster),
        "health": health_of(cluster),
        "end_cost": f"It has cost {usd(spent)} so far and costs "
        f"{usd(cluster.hourly_microusd or 0)} per hour.",  # type: ignore[attr-defined]
        "start_cost": f"It has cost {usd(spent)} so far.",
        "outdated": outdated,
        "replacement": replacement_of(cluster, nodes)
        if outdated.nodes or cluster.replacing_since
        else None,
        "may_operate": may_operate,
        "may_edit": may_edit,
        "now": now(),
        "checks": checks_of(cluster) if is_whole and tab == "overview" else None,
        **(following_context(cluster, by=request.user) if is_whole else {}),
        **_TAB_CONTEXT[tab](request, cluster, (nodes, groups)),
    }


def _overview(request: SignedInRequest, cluster: Cluster, rows: clusters.Rows) -> dict[str, Any]:
    nodes = rows[0][:NODES_ON_OVERVIEW]
    return {
        "live_nodes": _with_phases(preview_of(request, NODES, nodes, keys=ON_OVERVIEW)),
        "events": folded_events(list(clusters.events_of(cluster)[:40]))[:15],
        "jobs": preview_of(
            request,
            JOBS,
            clusters.jobs_of(cluster)[:5],
            keys=JOBS_ON_OVERVIEW,
            csv_path=_csv_path(cluster, "jobs"),
        ),
        "jobs_wait": waits_in_short(cluster),
        "drift": drift_of(cluster),
        "decisions": preview_of(request, DECISIONS, clusters.decisions_of(cluster)[:5]),
        "workloads": [WorkloadForm(workload=w, prefix=w.key) for w in WORKLOADS.values()],
        "hold_form": HoldForm(),
        **_connection(request, cluster),
    }


def _csv_path(cluster: Cluster, table: str) -> str:
    return reverse("clusters:csv", args=[cluster.pk, table])


def _connection(request: SignedInRequest, cluster: Cluster) -> dict[str, Any]:
    """Return what the connect box shows; the token only to those who may run jobs."""
    protected = has_token_auth(cluster.image_version.ray_version)
    allowed = may(request.user, Action.OPERATE, team=cluster.team)
    # Whoever has the token of a workspace's cluster can read its files.
    is_others = cluster.workspace_id is not None and cluster.owner_id != request.user.pk
    token = ray_token(cluster) if protected and allowed and not is_others else ""
    environment = [f"export RAY_ADDRESS={cluster.run.dashboard_url}"]
    if token:
        environment += ["export RAY_AUTH_MODE=token", f"export RAY_AUTH_TOKEN={token}"]
    command = "python -c 'import ray; ray.init(); print(ray.cluster_resources())'"
    return {
        "ray_is_open": not protected,
        "restarted_at": _restarted_at(cluster),
        "ray_token": token,
        "connect": {
            "environment": "\n".join(environment),
            "submit": f"ray job submit --address {cluster.run.dashboard_url} -- {command}",
        },
    }


def _restarted_at(cluster: Cluster) -> datetime | None:
    """Return when it was started again, for a day: what people copied before leads nowhere."""
    run = cluster.run
    is_recent = run.requested_at > now() - SAID_FOR
    return run.requested_at if run.number > 1 and is_recent else None


def _nodes(request: HttpRequest, cluster: Cluster, rows: clusters.Rows) -> dict[str, Any]:
    csv_path = _csv_path(cluster, "nodes")
    ended = page_of(request, ENDED_NODES, clusters.ended_nodes_of(cluster), is_counted=False)
    ended.rows, ended.csv_url = folded_nodes(ended.rows), ""  # the CSV of the live ones has them
    live = page_of(request, NODES, rows[0], csv_path=csv_path)
    return {"live_nodes": _with_phases(live), "ended": ended}


def _with_phases(page: Page) -> Page:
    for node in page.rows:
        node.phases = phases(node, now())
    return page


def _scaling(request: HttpRequest, cluster: Cluster, rows: clusters.Rows) -> dict[str, Any]:
    found = scaling.scaling_now(cluster, *rows)
    context = {
        "decisions": page_of(
            request,
            DECISIONS,
            clusters.decisions_of(cluster),
            is_counted=False,
            csv_path=_csv_path(cluster, "decisions"),
        ),
        "scaling": found,
        "cooldowns": cooldowns_of(cluster),
        "consolidation": consolidation_of(cluster),
    }
    if request.GET.get("part") == "live":
        return context
    groups = [line.row.group for line in found.groups]
    return context | {
        "resize_forms": [(group.name, ResizeForm.of(group)) for group in groups],
        "what_if": scaling.what_if(cluster, request.GET.get("demand")),
    }


def _jobs(request: HttpRequest, cluster: Cluster, rows: clusters.Rows) -> dict[str, Any]:  # noqa: ARG001
    status = request.GET.get("status", "")
    status = status if status in clusters.JOB_STATUSES else ""
    return {
        "job_status": status,
        "job_statuses": [("", "Any status"), *clusters.JOB_STATUSES.items()],
        "jobs": page_of(
            request,
            JOBS,
            clusters.jobs_of(cluster, status=status),
            is_counted=False,
            csv_path=_csv_path(cluster, "jobs"),
        ),
        "jobs_wait": waits_in_short(cluster),
        "workloads": [WorkloadForm(workload=w, prefix=w.key) for w in WORKLOADS.values()],
    }


def _events(request: HttpRequest, cluster: Cluster, rows: clusters.Rows) -> dict[str, Any]:  # noqa: ARG001
    kind = request.GET.get("kind", "")
    kind = kind if kind in EventKind else ""
    events = page_of(
        request,
        EVENTS,
        clusters.events_of(cluster, kind=kind),
        is_counted=False,
        csv_path=_csv_path(cluster, "events"),
    )
    events.rows = folded_events(events.rows)
    return {
        "events": events,
        "event_kind": kind,
        "event_kinds": [("", "All kinds"), *[(k.value, k.label) for k in EventKind]],
    }


def _configuration(
    request: SignedInRequest,
    cluster: Cluster,
    rows: clusters.Rows,  # noqa: ARG001
) -> dict[str, Any]:
    if request.GET.get("part") == "live":  # has nothing of this tab
        return {}
    form = UpdateForm(initial=request.GET.dict(), cluster=cluster)
    context = update_context(cluster, form, by=request.user)
    return {
        "text": cluster.version.text,
        "limits_form": LimitsForm.of(cluster),
        "changed": changed_since_launch(cluster),
        "undo": version_before(cluster),
        **context,
    }


def _history(request: SignedInRequest, cluster: Cluster, rows: clusters.Rows) -> dict[str, Any]:  # noqa: ARG001
    if request.GET.get("part") == "live":  # has nothing of this tab
        return {}
    return {"history": history_of(request, cluster, team=cluster.team)}


_TAB_CONTEXT = {
    "overview": _overview,
    "nodes": _nodes,
    "scaling": _scaling,
    "jobs": _jobs,
    "events": _events,
    "configuration": _configuration,
    TAB: _history,
}
