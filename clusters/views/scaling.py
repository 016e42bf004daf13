"""The Scaling page's own doors: what a demand would launch, its tables, and its rules' switches."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clusters.models import Cluster
from clusters.queries import scaling
from clusters.queries.scaling import WhatIf
from clusters.queries.strategies import rule_rows
from clusters.services.groups import try_group_again
from clusters.services.operating import NotNow
from clusters.services.rules import disable_rule, enable_rule
from clusters.views.requests import visible_cluster
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
    return push_url(response, f"{_page(cluster)}?{urlencode(query)}")


@require_POST
def enable(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Let a rule of the cluster's configuration start nodes."""
    cluster = _editable(request, pk)
    return _switched(
        request,
        cluster,
        group,
        lambda rule: enable_rule(cluster, group=group, expression=rule, by=request.user),
        done=f"The rule of group {group} may start nodes now.",
    )


@require_POST
def disable(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Stop a rule from starting nodes."""
    cluster = _editable(request, pk)
    template = cluster.version.template
    return _switched(
        request,
        cluster,
        group,
        lambda rule: disable_rule(template, group=group, expression=rule, by=request.user),
        done=f"The rule of group {group} starts no nodes any more.",
    )


def _editable(request: SignedInRequest, pk: UUID) -> Cluster:
    """A rule belongs to the template: it starts nodes in every cluster of it that says it so."""
    cluster = visible_cluster(request, pk)
    require(may(request.user, Action.EDIT_TEMPLATE, team=cluster.team))
    return cluster


def _switched(
    request: HttpRequest,
    cluster: Cluster,
    group: str,
    switch: Callable[[str], object],
    *,
    done: str,
) -> HttpResponse:
    """Switch the posted rule, if the cluster's configuration has it."""
    text = request.POST.get("expression", "")
    rules = [row.rule for row in rule_rows(cluster)]
    if not any((rule.group, rule.expression) == (group, text) for rule in rules):
        told = f"{cluster} has no such rule of group {group} any more: look at it again."
        messages.error(request, told)
        return _back(cluster)
    try:
        switch(text)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return _back(cluster)


def _page(cluster: Cluster) -> str:
    return reverse("clusters:detail", args=[cluster.pk])


def _back(cluster: Cluster) -> HttpResponse:
    return redirect(f"{_page(cluster)}?tab=scaling#strategies")


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


@require_POST
def try_again(request: SignedInRequest, pk: UUID, group: str) -> HttpResponse:
    """Let a stopped group launch nodes again."""
    cluster = visible_cluster(request, pk)
    require(may(request.user, Action.OPERATE, team=cluster.team))
    # Compared here: PostgreSQL refuses some of the names that an address may hold.
    if group not in cluster.groups.values_list("name", flat=True):
        raise Http404(f"Cluster {cluster} has no group '{group}'.")
    try:
        try_group_again(cluster, group=group, by=request.user)
    except NotNow as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Group {group} may launch nodes again.")
    return redirect(f"{reverse('clusters:detail', args=[cluster.pk])}?tab=scaling")
