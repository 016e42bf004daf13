"""Machines by need: a search over what a cloud offers, and advice for many of one kind."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.queries import current_team, teams_of
from accounts.requests import SignedInRequest, wants_part
from accounts.spreadsheets import csv_response
from clouds.access import usable_cloud
from clouds.models import Cloud
from configurations.machine_search.columns import MACHINES, machines_table
from configurations.machine_search.forms import NeedForm
from configurations.machine_search.prices import (
    PricedAdvice,
    Sources,
    priced,
    priced_advice,
    sources_of,
)
from configurations.targets import target_for
from domain.catalogue.region import RegionCatalogue
from domain.catalogue.search import recommend, search
from domain.offerings import Market
from tables.pages import page_of, sorted_rows

PICKED = 40


@require_GET
def machines(request: SignedInRequest) -> HttpResponse:
    """Show the team's machines that would do, the cheapest first; with `units`, how many."""
    clouds = list(Cloud.objects.usable_by(current_team(request)).order_by("name"))
    cloud = _chosen(clouds, request.GET.get("cloud", ""))
    target = target_for(cloud)
    form = NeedForm(request.GET, target=target)
    need = form.need()
    found, sources = search(target, need), sources_of(cloud)
    if request.GET.get("format") == "csv":
        lines = MACHINES.lines(priced(sorted_rows(request, MACHINES, found), sources))
        return csv_response("machines", header=MACHINES.header, rows=lines)
    columns = machines_table(
        has_network="network" in form.fields, is_spot=need.market is Market.SPOT
    )
    table = page_of(request, columns, found, identity=lambda row: row.machine.name)
    table.rows = priced(table.rows, sources)
    context = {
        "clouds": clouds,
        "cloud": cloud,
        "form": form,
        "table": table,
        "advice": _advice(target, form, sources),
    }
    partial = "#results" if wants_part(request) else ""
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
