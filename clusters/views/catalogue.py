"""Machines by need: a search over what a cloud offers, and advice for many of one kind."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clouds.models import Cloud
from clusters.machine_forms import NeedForm
from clusters.services.launch_checks import DEFAULT_CLOUD
from clusters.targets import target_for
from domain.offerings import Market
from domain.search import ORDERS, Found, models_of, recommend, search
from domain.target import Target

ROWS, PICKED = 50, 40
_ORDER_LABELS = {
    "price": "Price",
    "spot": "Spot price",
    "per_vcpu": "Price of a CPU",
    "per_gpu": "Price of a GPU",
    "vcpus": "CPUs",
    "memory": "Memory",
    "gpus": "GPUs",
    "name": "Name",
}


@require_GET
def machines(request: SignedInRequest) -> HttpResponse:
    """Show the machines that would do, the cheapest first; with `units`, how many of which."""
    clouds = list(Cloud.objects.visible_to(request.user).order_by("name"))
    cloud = _chosen(clouds, request.GET.get("cloud", ""))
    target = target_for(cloud)
    form = NeedForm(request.GET, models=models_of((target.types or {}).values()))
    order = request.GET.get("order", "")
    found = search(target, form.need(), order=order)
    if request.GET.get("format") == "csv":
        return _csv(found)
    context = {
        "clouds": clouds,
        "cloud": cloud,
        "form": form,
        "orders": _ORDER_LABELS.items(),
        "order": order if order in ORDERS else "price",
        "page": Paginator(found, ROWS).get_page(request.GET.get("page")),
        "advice": _advice(target, form),
    }
    partial = "#results" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"clusters/machines.html{partial}", context)


def _chosen(clouds: list[Cloud], name: str) -> Cloud | None:
    return next((cloud for cloud in clouds if cloud.name == name), clouds[0] if clouds else None)


def _advice(target: Target, form: NeedForm) -> list[tuple[str, Any]]:
    """Return the best ways to have room for so many units, at each market."""
    need, units = form.need(), form.cleaned_data.get("units")
    if not units:
        return []
    markets = (("On demand", Market.ON_DEMAND), ("Spot", Market.SPOT))
    ways = [
        (label, recommend(target, need, units=units, market=market, most=5))
        for label, market in markets
    ]
    return [(label, found) for label, found in ways if found]


def _csv(found: list[Found]) -> HttpResponse:
    header = [
        "instance_type", "arch", "vcpus", "memory_gib", "gpus", "gpu_model", "usd_on_demand",
        "usd_spot",
    ]  # fmt: skip
    rows = (
        [
            *[one.machine.name, one.machine.arch, one.machine.vcpus],
            *[one.machine.memory_bytes / 2**30, one.machine.gpus, one.machine.gpu_model],
            *["" if price is None else price for price in (one.on_demand, one.spot)],
        ]
        for one in found
    )
    return csv_response("machines", header=header, rows=rows)


@require_GET
def picker(request: SignedInRequest) -> HttpResponse:
    """Answer the editor's search for a machine type with the first that would do."""
    clouds = Cloud.objects.visible_to(request.user)
    target = target_for(clouds.filter(name=request.GET.get("cloud") or DEFAULT_CLOUD).first())
    form = NeedForm(request.GET, models=models_of((target.types or {}).values()))
    found = search(target, form.need(), order=request.GET.get("order", ""))
    context = {"form": form, "found": found[:PICKED], "count": len(found), "shown": PICKED}
    return render(request, "clusters/picker.html", context)
