"""The list of clusters, and one cluster's page with its tabs."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET
from django_htmx.http import HTMX_STOP_POLLING

from accounts.permissions import Action, may
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clusters import ending, queries, scaling_queries
from clusters.consolidation_queries import consolidation_of
from clusters.forms import HoldForm, ResizeForm, WorkloadForm
from clusters.machines import has_token_auth, ray_token
from clusters.models import Cluster, Node
from clusters.queries_cooling import cool_downs
from clusters.timeline import next_step, phases
from clusters.workloads import WORKLOADS
from domain.lifecycle import ClusterState
from domain.wording import usd
from metering.queries.running import accrued

SHOWN_DECISIONS = 20  # the CSV has the last hundred
TABS = ("overview", "nodes", "scaling", "jobs", "events", "configuration")

type Rows = tuple[list[Node], list[queries.GroupRow]]  # the live nodes, and the groups of workers


@require_GET
def cluster_list(request: SignedInRequest) -> HttpResponse:
    """List the team's clusters."""
    team = current_team(request)
    state, words = request.GET.get("state", ""), request.GET.get("q", "")
    rows = queries.clusters_of(request.user, team=team, state=state, words=words)
    if request.GET.get("format") == "csv":
        return _list_as_csv(rows[:10_000])
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    costs = accrued([cluster.pk for cluster in page], now())
    for cluster in page:
        cluster.accrued_microusd = costs.get(cluster.pk, 0)  # type: ignore[attr-defined]
    context = {
        "page": page,
        "state": state,
        "q": words,
        "states": [("live", "Live"), ("all", "All"), *[(s.value, s.label) for s in ClusterState]],
        "may_launch": may(request.user, Action.LAUNCH, team=team),
    }
    partial = "#rows" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"clusters/list.html{partial}", context)


def _list_as_csv(rows: Any) -> HttpResponse:
    header = ["name", "state", "configuration", "owner", "nodes", "usd_per_hour", "created"]
    lines = (
        [c.name, c.state, str(c.version), str(c.owner), c.node_count or 0, _usd(c), c.created_at]
        for c in rows
    )
    return csv_response("clusters", header=header, rows=lines)


def _usd(cluster: Any) -> str:
    return f"{(cluster.hourly_microusd or 0) / 1_000_000:.6f}"


def visible_cluster(request: SignedInRequest, pk: UUID) -> Cluster:
    """Return the cluster for a page, or raise Http404 for strangers."""
    return get_object_or_404(queries.cluster_for_page(request.user), pk=pk)


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


def _context(request: SignedInRequest, cluster: Cluster, tab: str) -> dict[str, Any]:
    nodes, groups = _rows(cluster)
    spent = accrued([cluster.pk], now()).get(cluster.pk, 0)
    return {
        "cluster": cluster,
        "tab": tab,
        "tabs": [
            {"label": name.capitalize(), "url": f"?tab={name}", "current": name == tab}
            for name in TABS
        ],
        "crumbs": [("Clusters", reverse("clusters:list"))],
        "nodes": [(node, phases(node, now())) for node in nodes],
        "groups": groups,
        "head": next((node for node in nodes if node.role == "head"), None),
        "verdict": ending.verdict_for(cluster, nodes),
        "accrued": spent,
        "next_step": next_step(cluster),
        "end_cost": f"It has cost {usd(spent)} so far and costs "
        f"{usd(cluster.hourly_microusd or 0)} an hour now.",  # type: ignore[attr-defined]
        "start_cost": f"It has cost {usd(spent)} so far.",
        "may_operate": may(request.user, Action.OPERATE, team=cluster.team),
        "now": now(),
        **_TAB_CONTEXT[tab](request, cluster, (nodes, groups)),
    }


def _overview(request: SignedInRequest, cluster: Cluster, rows: Rows) -> dict[str, Any]:  # noqa: ARG001
    return {
        "events": queries.events_of(cluster, limit=15),
        "jobs": queries.jobs_of(cluster)[:5],
        "decisions": queries.decisions_of(cluster)[:5],
        "workloads": [WorkloadForm(workload=w, prefix=w.key) for w in WORKLOADS.values()],
        "hold_form": HoldForm(),
        **_connection(request, cluster),
    }


def _connection(request: SignedInRequest, cluster: Cluster) -> dict[str, Any]:
    """Return what the connect box shows; the token only to those who may run jobs."""
    protected = has_token_auth(cluster.image_version.ray_version)
    allowed = may(request.user, Action.OPERATE, team=cluster.team)
    token = ray_token(cluster) if protected and allowed else ""
    environment = [f"export RAY_ADDRESS={cluster.dashboard_url}"]
    if token:
        environment += ["export RAY_AUTH_MODE=token", f"export RAY_AUTH_TOKEN={token}"]
    command = "python -c 'import ray; ray.init(); print(ray.cluster_resources())'"
    return {
        "ray_is_open": not protected,
        "ray_token": token,
        "connect": {
            "environment": "\n".join(environment),
            "submit": f"ray job submit --address {cluster.dashboard_url} -- {command}",
        },
    }


def _nodes(request: HttpRequest, cluster: Cluster, rows: Rows) -> dict[str, Any]:  # noqa: ARG001
    return {"ended": queries.nodes_of(cluster, ended=True)}


def _scaling(request: HttpRequest, cluster: Cluster, rows: Rows) -> dict[str, Any]:
    found = scaling_queries.scaling_now(cluster, *rows)
    context = {
        "decisions": queries.decisions_of(cluster)[:SHOWN_DECISIONS],
        "scaling": found,
        "cool_downs": cool_downs(cluster),
        "consolidation": consolidation_of(cluster),
    }
    if request.GET.get("part") == "live":
        return context
    groups = [line.row.group for line in found.groups]
    return context | {
        "resize_forms": [(group.name, ResizeForm.of(group)) for group in groups],
        "what_if": scaling_queries.what_if(cluster, request.GET.get("demand")),
    }


def _jobs(request: HttpRequest, cluster: Cluster, rows: Rows) -> dict[str, Any]:  # noqa: ARG001
    return {
        "jobs": queries.jobs_of(cluster),
        "workloads": [WorkloadForm(workload=w, prefix=w.key) for w in WORKLOADS.values()],
    }


def _events(request: HttpRequest, cluster: Cluster, rows: Rows) -> dict[str, Any]:  # noqa: ARG001
    return {"events": queries.events_of(cluster)}


def _configuration(request: HttpRequest, cluster: Cluster, rows: Rows) -> dict[str, Any]:  # noqa: ARG001
    return {"text": cluster.version.text}


_TAB_CONTEXT = {
    "overview": _overview,
    "nodes": _nodes,
    "scaling": _scaling,
    "jobs": _jobs,
    "events": _events,
    "configuration": _configuration,
}


@require_GET
def table_csv(request: HttpRequest, pk: UUID, table: str) -> HttpResponse:
    """Return one of the cluster's tables as CSV."""
    cluster = visible_cluster(cast("SignedInRequest", request), pk)
    header, rows = _TABLES[table](cluster)
    return csv_response(f"{cluster.name}-{table}", header=header, rows=rows)


def _nodes_table(cluster: Cluster) -> tuple[list[str], Any]:
    header = ["node", "group", "state", "requested", "launched", "booted", "ready", "ended", "why"]
    nodes = queries.nodes_of(cluster) + queries.nodes_of(cluster, ended=True)
    return header, (
        [
            *[n.name, n.group.name, n.state, n.requested_at, n.launched_at, n.booted_at],
            *[n.ready_at, n.ended_at, n.end_reason],
        ]
        for n in nodes
    )


def _events_table(cluster: Cluster) -> tuple[list[str], Any]:
    header = ["at", "severity", "node", "from", "to", "message", "by"]
    return header, (
        [
            *[e.at, e.severity, str(e.node or ""), e.from_state, e.to_state, e.message],
            str(e.actor or ""),
        ]
        for e in queries.events_of(cluster, limit=10_000)
    )


def _decisions_table(cluster: Cluster) -> tuple[list[str], Any]:
    header = ["at", "kind", "group", "count", "reason"]
    return header, (
        [d.at, d.kind, d.group, d.count, d.reason] for d in queries.decisions_of(cluster)
    )


def _rows(cluster: Cluster) -> Rows:
    nodes = queries.nodes_of(cluster)
    return nodes, queries.group_rows(cluster, nodes)


def _demand_table(cluster: Cluster) -> tuple[list[str], Any]:
    found = scaling_queries.scaling_now(cluster, *_rows(cluster), shown=scaling_queries.EXPORTED)
    return ["asked_for", "count", "as", "group", "fits", "why"], (
        [line.shape, line.count, line.kind, one.group, one.fits, one.words]
        for line in found.demand
        for one in line.verdicts
    )


def _groups_table(cluster: Cluster) -> tuple[list[str], Any]:
    header = ["group", "size", "ready", "coming", "leaving", "min", "max", "floor_now", "why"]
    found = scaling_queries.scaling_now(cluster, *_rows(cluster), shown=0)
    return [*header, "spare", "spare_usd_per_hour"], (
        [
            *[line.row.group.name, line.row.group.instance_type],
            *[line.row.ready, line.row.coming, line.row.leaving],
            *[line.row.group.min_nodes, line.row.group.max_nodes, line.floor],
            "; ".join(floor.reason for floor in line.floors),
            *[line.spare, line.spare_usd],
        ]
        for line in found.groups
    )


def _cooling_table(cluster: Cluster) -> tuple[list[str], Any]:
    header = ["machine", "market", "zone", "until", "failures", "last_failure", "failure", "why"]
    return header, (
        [r.instance_type, r.market, r.zone, r.until, r.streak, r.failed_at, r.failure, r.cause]
        for r in cool_downs(cluster).rows
    )


def _jobs_table(cluster: Cluster) -> tuple[list[str], Any]:
    header = ["job", "status", "entrypoint", "started", "ended", "message"]
    return header, (
        [j.submission_id, j.status, j.entrypoint, j.started_at, j.ended_at, j.message]
        for j in queries.jobs_of(cluster)
    )


_TABLES = {
    "nodes": _nodes_table,
    "events": _events_table,
    "decisions": _decisions_table,
    "jobs": _jobs_table,
    "demand": _demand_table,
    "groups": _groups_table,
    "cooling": _cooling_table,
}
