"""A cluster's tables as CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clusters.models import Cluster, Event, Job, Node
from clusters.queries import clusters, scaling
from clusters.queries.cooldowns import cooldowns_of
from clusters.views.columns import DECISIONS, EVENTS, JOBS
from clusters.views.node_columns import NODES
from clusters.views.requests import visible_cluster
from domain.planner.verdicts import GroupVerdict
from tables.columns import Table
from tables.pages import sorted_rows

ROWS_IN_CSV = 10_000


@require_GET
def table_csv(request: HttpRequest, pk: UUID, table: str) -> HttpResponse:
    """Return one of the cluster's tables as CSV."""
    cluster = visible_cluster(cast("SignedInRequest", request), pk)
    if table in _SORTED:
        columns, rows_of = _SORTED[table]
        found = rows_of(cluster, request.GET)
        rows = sorted_rows(request, columns, found)[:ROWS_IN_CSV]
        header, rows = columns.header, columns.lines(rows)
    else:
        header, rows = _TABLES[table](cluster)
    return csv_response(f"{cluster.name}-{table}", header=header, rows=rows)


def _demand_table(cluster: Cluster) -> tuple[list[str], Any]:
    found = scaling.scaling_now(cluster, *clusters.rows_of(cluster), shown=scaling.EXPORTED)
    return ["requested", "count", "as", "group", "fits", "reason"], (
        [line.shape, line.count, line.kind, *_verdict(one)]
        for line in found.demand
        for one in line.verdicts or [None]
    )


def _verdict(verdict: GroupVerdict | None) -> list[object]:
    """Work inside a placement group has none: no group could take it."""
    return [verdict.group, verdict.fits, verdict.words] if verdict else ["", False, ""]


def _groups_table(cluster: Cluster) -> tuple[list[str], Any]:
    header = [
        *["group", "size", "ready", "starting", "draining", "min", "max"],
        *["current_minimum", "reason"],
    ]
    found = scaling.scaling_now(cluster, *clusters.rows_of(cluster), shown=0)
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
    header = ["machine", "market", "zone", "until", "failures", "last_failure", "failure", "reason"]
    return header, (
        [r.instance_type, r.market, r.zone, r.until, r.streak, r.failed_at, r.failure, r.cause]
        for r in cooldowns_of(cluster).rows
    )


# Tables that sort, and their rows.
_SORTED: dict[str, tuple[Table, Callable[[Cluster, QueryDict], Any]]] = {
    "decisions": (DECISIONS, lambda cluster, _: clusters.decisions_of(cluster)),
    "events": (
        EVENTS,
        lambda cluster, query: clusters.events_of(cluster, kind=query.get("kind", "")),
    ),
    "jobs": (
        JOBS,
        lambda cluster, query: clusters.jobs_of(cluster, status=query.get("status", "")),
    ),
    "nodes": (NODES, lambda cluster, _: _all_nodes(cluster)),
}


def _events(cluster: Cluster, query: QueryDict) -> QuerySet[Event]:
    return clusters.events_of(cluster, kind=query.get("kind", ""))


def _jobs(cluster: Cluster, query: QueryDict) -> QuerySet[Job]:
    return clusters.jobs_of(cluster, status=query.get("status", ""))


def _all_nodes(cluster: Cluster) -> list[Node]:
    ended = clusters.ended_nodes_of(cluster).order_by("-ended_at", "-pk")
    return [*clusters.nodes_of(cluster), *ended[:ROWS_IN_CSV]]


_TABLES = {
    "demand": _demand_table,
    "groups": _groups_table,
    "cooling": _cooling_table,
}
