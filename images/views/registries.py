"""The list of registries, and the pages that add, change, check and remove one."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.permissions import require
from accounts.queries import chosen_team
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clouds.forms.credentials import CredentialsForm
from images.forms.registering import ALL_TEAMS
from images.forms.registries import NewRegistryForm, RegistryForm
from images.models import Registry
from images.registries.credentials import credentials_of, fields_of
from images.services.checking import check_registry
from images.services.registries import (
    add_registry,
    change_registry,
    remove_registry,
    remove_registry_credentials,
    set_registry_credentials,
)
from images.services.rights import may_manage_registries
from images.views.columns import REGISTRIES
from providers.errors import BadCredentials
from tables.pages import page_of, sorted_rows


@require_GET
def registry_list(request: SignedInRequest) -> HttpResponse:
    """List the registries of the user's teams and those of all teams."""
    rows = Registry.objects.visible_to(request.user).select_related("team")
    rows = rows.annotate(versions=Count("imageversion", distinct=True))
    if request.GET.get("format") == "csv":
        lines = REGISTRIES.lines(sorted_rows(request, REGISTRIES, rows))
        return csv_response("registries", header=REGISTRIES.header, rows=lines)
    context = {
        "table": page_of(request, REGISTRIES, rows),
        "may_add": may_manage_registries(request.user, chosen_team(request)),
    }
    return render(request, "images/registries.html", context)


@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Add a registry; its credentials are entered on the page after."""
    team = chosen_team(request)
    require(may_manage_registries(request.user, team))
    initial = {"team": team.pk if team else ALL_TEAMS}
    form = NewRegistryForm(request.POST or None, user=request.user, initial=initial)
    if form.is_bound:
        added = submit(form, lambda values: add_registry(**values, by=request.user))
        if added is not None:
            messages.success(request, f"Added registry {added}. Enter its credentials, if any.")
            return redirect("images:registry-credentials", added.pk)
    return _page(request, form)


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a registry."""
    registry = managed(request, pk)
    form = RegistryForm(request.POST) if request.method == "POST" else RegistryForm.of(registry)
    if form.is_bound:
        changed = submit(form, lambda values: change_registry(registry, **values, by=request.user))
        if changed is not None:
            messages.success(request, f"Saved registry {changed}.")
            return redirect("images:registry", pk)
    return _page(request, form, registry)


@require_http_methods(["GET", "POST"])
def credentials(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say how Mobula signs in to a registry; secrets are replaced, never shown."""
    registry = managed(request, pk)
    try:
        known, unreadable = credentials_of(registry), ""
    except BadCredentials as error:
        known, unreadable = {}, str(error)
    posted = request.POST if request.method == "POST" else None
    form = CredentialsForm(posted, fields=fields_of(registry), known=known)
    if form.is_bound:
        saved = submit(
            form,
            lambda values: set_registry_credentials(registry, values=values, by=request.user),
        )
        if saved is not None:
            messages.success(request, f"Saved the credentials of registry {saved}.")
            return redirect("images:registry-credentials", pk)
    context = {**frame_of(registry, "registry-credentials"), "form": form, "unreadable": unreadable}
    status = 422 if form.is_bound else 200
    return render(request, "images/registry_credentials.html", context, status=status)


@require_POST
def remove_credentials(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget how Mobula signs in."""
    registry = managed(request, pk)
    return perform(
        request,
        lambda: remove_registry_credentials(registry, by=request.user),
        done=f"Removed the credentials of registry {registry}.",
        to=reverse("images:registry-credentials", args=[pk]),
    )


@require_POST
def check(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign in to a registry, and say what came of it."""
    registry = managed(request, pk)
    return perform(
        request,
        lambda: check_registry(registry, by=request.user),
        done=str,
        to=reverse("images:registry", args=[pk]),
    )


@require_POST
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove a registry that no image is in."""
    registry = managed(request, pk)
    return perform(
        request,
        lambda: remove_registry(registry, by=request.user),
        done=f"Removed registry {registry}.",
        to=reverse("images:registry", args=[pk]),
        then=lambda _: reverse("images:registries"),
    )


def managed(request: SignedInRequest, pk: int) -> Registry:
    """Return a registry that the user may change; strangers get a 404, members a 403."""
    rows = Registry.objects.visible_to(request.user).select_related("team").distinct()
    registry = get_object_or_404(rows, pk=pk)
    require(may_manage_registries(request.user, registry.team))
    return registry


def _page(
    request: SignedInRequest, form: RegistryForm, registry: Registry | None = None
) -> HttpResponse:
    frame = frame_of(registry, "registry") if registry else {"crumbs": _crumbs()}
    context = {**frame, "form": form}
    return render(request, "images/registry.html", context, status=422 if form.is_bound else 200)


def frame_of(registry: Registry, current: str) -> dict[str, object]:
    """Return what all pages of a registry show; `current` is the name of one of them."""
    pages = {
        "registry": "Registry",
        "registry-credentials": "Credentials",
        "registry-builds": "Builds",
    }
    return {
        "registry": registry,
        "crumbs": _crumbs(),
        "tabs": [
            {
                "label": label,
                "url": reverse(f"images:{name}", args=[registry.pk]),
                "current": name == current,
            }
            for name, label in pages.items()
        ],
    }


def _crumbs() -> list[tuple[str, str]]:
    return [("Images", reverse("images:list")), ("Registries", reverse("images:registries"))]
