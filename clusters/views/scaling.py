"""The Scaling page's own doors: what a demand would launch, its tables, and its rules' switches."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from accounts.answers import perform
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clusters.models import Cluster
from clusters.queries import scaling
from clusters.queries.scaling import WhatIf
from clusters.services.rules import disable_rule, enable_rule
from clusters.views.requests import page_of, visible_cluster
from domain.demand import describe


@require_GET
def what_if(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show which nodes the demand in `?demand=` would launch; nothing is launched."""
    cluster = visible_cluster(request, pk)
    text = request.GET.get("demand")
    answer = scaling.what_if(cluster, text)
    if request.GET.get("format") == "csv":
        return _as_csv(cluster, answer)
    context = {"cluster": cluster, "what_if": answer, "now": now()}
    response = render(request, "clusters/scaling_what_if.html", context)
    query = {"tab": "scaling", "demand": text or ""}
    return push_url(response, f"{reverse('clusters:detail', args=[cluster.pk])}?{urlencode(query)}")


@require_POST
def enable(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Let a rule of the cluster's configuration start nodes."""
    cluster = visible_cluster(request, pk)
    rule = request.POST.get("expression", "")
    return perform(
        request,
        lambda: enable_rule(cluster, group=group, expression=rule, by=request.user),
        done=f"The rule of group {group} can launch nodes now.",
        to=f"{page_of(cluster, 'scaling')}#strategies",
    )


@require_POST
def disable(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Stop a rule from starting nodes."""
    cluster = visible_cluster(request, pk)
    rule = request.POST.get("expression", "")
    return perform(
        request,
        lambda: disable_rule(cluster, group=group, expression=rule, by=request.user),
        done=f"The rule of group {group} no longer launches nodes.",
        to=f"{page_of(cluster, 'scaling')}#strategies",
    )


def _as_csv(cluster: Cluster, answer: WhatIf) -> HttpResponse:
    header = ["what", "count", "of", "usd_per_hour_each", "reason"]
    rows: list[list[object]] = []
    if answer.plan:
        rows += [
            ["launch", one.count, one.instance_type, one.hourly_usd, one.reason]
            for one in answer.plan.launches
        ]
        rows += [["drain", 1, one.node, None, one.reason] for one in answer.plan.drains]
        rows += [
            ["wait", one.count, describe(one.resources), None, one.reason]
            for one in answer.plan.unserved
        ]
    return csv_response(f"{cluster.name}-what-if", header=header, rows=rows)
