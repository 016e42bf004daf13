"""The list of clusters."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.permissions import Action, may
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clusters.queries import clusters
from clusters.queries.health import health_of, with_health
from domain.health.model import Level
from domain.lifecycle import ClusterState
from domain.pricing import usd_of
from metering.queries.running import accrued


@require_GET
def cluster_list(request: SignedInRequest) -> HttpResponse:
    """List the team's clusters."""
    team = current_team(request)
    state, words = request.GET.get("state", ""), request.GET.get("q", "")
    rows = clusters.clusters_of(request.user, team=team, state=state, words=words)
    health = request.GET.get("health", "")
    rows = with_health(rows, health)
    if request.GET.get("format") == "csv":
        return _list_as_csv(rows[:10_000])
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    costs = accrued([cluster.pk for cluster in page], now())
    for cluster in page:
        cluster.accrued_microusd = costs.get(cluster.pk, 0)  # type: ignore[attr-defined]
        cluster.verdict = health_of(cluster)  # type: ignore[attr-defined]
    context = {
        "page": page,
        "state": state,
        "q": words,
        "health": health,
        "healths": [
            ("", "Any health"),
            ("attention", "Needs attention"),
            *[(level.value, level.label) for level in Level],
        ],
        "states": [("live", "Live"), ("all", "All"), *[(s.value, s.label) for s in ClusterState]],
        "may_launch": may(request.user, Action.LAUNCH, team=team),
    }
    partial = "#rows" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"clusters/list.html{partial}", context)


def _list_as_csv(rows: Any) -> HttpResponse:
    header = ["name", "state", "configuration", "owner", "nodes", "usd_per_hour", "created"]
    header += ["health", "finding"]
    lines = (
        [
            *[c.name, c.state, str(c.version), str(c.owner), c.node_count or 0, _usd(c)],
            *[c.created_at, *_health(c)],
        ]
        for c in rows
    )
    return csv_response("clusters", header=header, rows=lines)


def _health(cluster: Any) -> tuple[str, str]:
    health = health_of(cluster)
    return health.level, health.sentence


def _usd(cluster: Any) -> str:
    return f"{usd_of(cluster.hourly_microusd or 0):.6f}"
