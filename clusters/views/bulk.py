"""One operation on the clusters that are ticked in the list: a question first, then the outcome."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from clusters.models import Cluster
from clusters.queries.clusters import cluster_for_page
from clusters.services.bulk import BulkOperation, Outcome, may_operate_on, operate_on_many
from domain.wording import usd
from metering.queries.running import accrued

MOST = 100
_DOING = {BulkOperation.STOP: "Stopping", BulkOperation.TERMINATE: "Terminating"}
_NOT_DONE = {BulkOperation.STOP: "Not stopped", BulkOperation.TERMINATE: "Not terminated"}


@require_http_methods(["GET", "POST"])
def bulk(request: SignedInRequest, operation: str) -> HttpResponse:
    """Ask about the clusters of the address and what they cost; a POST does it."""
    action = BulkOperation(operation)
    if request.method == "POST":
        chosen = _chosen(request, request.POST)
        _say(request, action, operate_on_many(chosen, operation=action, by=request.user))
        return redirect("clusters:list")
    rows = _chosen(request, request.GET)
    costs = accrued([cluster.pk for cluster in rows], now())
    lines = [
        (cluster, costs.get(cluster.pk, 0), may_operate_on(cluster, action, user=request.user))
        for cluster in rows
    ]
    allowed = [(cluster, cost) for cluster, cost, decision in lines if decision]
    hourly = sum(_price_of(cluster) for cluster, _ in allowed)
    context = {
        "operation": action,
        "lines": lines,
        "allowed": len(allowed),
        "hourly": usd(hourly),
        "accrued": usd(sum(cost for _, cost in allowed)),
        "crumbs": [("Clusters", reverse("clusters:list"))],
    }
    return render(request, "clusters/bulk.html", context)


def _price_of(cluster: Cluster) -> int:
    microusd: int | None = getattr(cluster, "hourly_microusd", None)
    return microusd or 0


def _chosen(request: SignedInRequest, answers: QueryDict) -> list[Cluster]:
    keys = [key for text in answers.getlist("pk")[:MOST] if (key := _key(text))]
    rows = list(cluster_for_page(request.user).filter(pk__in=keys).order_by("name", "pk"))
    if keys and not rows:
        raise Http404
    return rows


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _say(request: SignedInRequest, operation: BulkOperation, outcome: Outcome) -> None:
    if outcome.done:
        names = ", ".join(cluster.name for cluster in outcome.done)
        messages.success(request, f"{_DOING[operation]} {names}.")
    for cluster, reason in outcome.refused:
        messages.error(request, f"{_NOT_DONE[operation]}: {cluster.name}. {reason}")
    if not (outcome.done or outcome.refused):
        messages.error(request, "No cluster was selected. Select at least one in the list.")
