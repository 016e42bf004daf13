"""Machines by need: a search over what a cloud offers, and advice for many of one kind."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.queries import current_team, teams_of
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clouds.access import usable_cloud
from clouds.models import Cloud
from configurations.machine_search.forms import NeedForm
from configurations.machine_search.prices import (
    Priced,
    PricedAdvice,
    PriceOrigin,
    Sources,
    priced,
    priced_advice,
    sources_of,
)
from configurations.targets import target_for
from domain.catalogue.region import RegionCatalogue
from domain.catalogue.search import ORDERS, recommend, search
from domain.offerings import Market

ROWS, PICKED = 50, 40
_ORDER_LABELS = {
    "price": "Price",
    "spot": "Spot price",
    "per_vcpu": "$/vCPU-h",
    "per_gpu": "$/GPU-h",
    "vcpus": "vCPUs",
    "memory": "Memory",
    "gpus": "GPUs",
    "name": "Name",
}


@require_GET
def machines(request: SignedInRequest) -> HttpResponse:
    """Show the team's machines that would do, the cheapest first; with `units`, how many."""
    clouds = list(Cloud.objects.usable_by(current_team(request)).order_by("name"))
    cloud = _chosen(clouds, request.GET.get("cloud", ""))
    target = target_for(cloud)
    form = NeedForm(request.GET, target=target)
    order = request.GET.get("order", "")
    found = search(target, form.need(), order=order)
    sources = sources_of(cloud)
    if request.GET.get("format") == "csv":
        return _csv(priced(found, sources))
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "clouds": clouds,
        "cloud": cloud,
        "form": form,
        "orders": _ORDER_LABELS.items(),
        "order": order if order in ORDERS else "price",
        "page": page,
        "rows": priced(page, sources),
        "advice": _advice(target, form, sources),
    }
    partial = "#results" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"configurations/machine_search/page.html{partial}", context)


def _chosen(clouds: list[Cloud], name: str) -> Cloud | None:
    return next((cloud for cloud in clouds if cloud.name == name), clouds[0] if clouds else None)


def _advice(
    target: RegionCatalogue, form: NeedForm, sources: Sources
) -> list[tuple[str, list[PricedAdvice]]]:
    """Return the best ways to have room for so many units, at each market that is asked for."""
    need, units = form.need(), form.cleaned_data.get("units")
    if not units:
        return []
    ways = [
        (market.label, recommend(target, need, units=units, market=market, most=5))
        for market in Market
        if need.market in (None, market)
    ]
    return [(label, priced_advice(found, sources)) for label, found in ways if found]


def _csv(rows: list[Priced]) -> HttpResponse:
    header = [
        "instance_type", "arch", "vcpus", "memory_gib", "gpus", "gpu_model", "network_gbps",
        "zones", "usd_on_demand", "on_demand_as_of", "on_demand_source", "on_demand_quality",
        "usd_spot", "spot_as_of", "spot_source", "spot_quality",
    ]  # fmt: skip
    cells = (
        [
            *[one.machine.name, one.machine.arch, one.machine.vcpus, one.gib, one.machine.gpus],
            *[one.machine.gpu_model, one.machine.network_gbps, " ".join(one.zones or ())],
            *[one.on_demand, *_source(row.on_demand), one.spot, *_source(row.spot)],
        ]
        for row in rows
        for one in [row.found]
    )
    return csv_response("machines", header=header, rows=cells)


def _source(source: PriceOrigin | None) -> list[object]:
    return [source.as_of, source.source, source.quality] if source else [None, None, None]


@require_GET
def picker(request: SignedInRequest, team: int) -> HttpResponse:
    """Answer the editor's search for a machine type with the first that would do.

    `team` is the one that the edited template belongs to.
    """
    owner = get_object_or_404(teams_of(request.user), pk=team)
    cloud = usable_cloud(request.GET.get("cloud"), team=owner)
    target = target_for(cloud)
    form = NeedForm(request.GET, target=target)
    found = search(target, form.need(), order=request.GET.get("order", ""))
    rows = priced(found[:PICKED], sources_of(cloud))
    context = {"team": owner, "form": form, "rows": rows, "count": len(found), "shown": PICKED}
    return render(request, "configurations/machine_search/picker.html", context)
