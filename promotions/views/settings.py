"""The settings of an environment: what it lays over all versions, and who changed it and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.permissions import require
from accounts.requests import SignedInRequest
from domain.promotions.overlay import differences
from promotions.environments import overlay_of
from promotions.forms.settings import RestoreForm, SettingsForm
from promotions.models import Environment, EnvironmentSettings
from promotions.permissions import may_manage
from promotions.queries import settings_history
from promotions.services.settings import restore_settings, save_settings
from promotions.views.chosen import chosen_environment


@dataclass(frozen=True, slots=True)
class Edition:
    """One entry of the history: the settings, and what they changed, as (label, before, after)."""

    settings: EnvironmentSettings
    changes: tuple[tuple[str, str, str], ...]


@require_http_methods(["GET", "POST"])
def settings(request: SignedInRequest, environment: str) -> HttpResponse:
    """Show what an environment lays over versions, with its history, or change it."""
    row = chosen_environment(request, environment)
    history = settings_history(row)
    overlay = overlay_of(history[0] if history else None)
    if request.method == "GET":
        return _page(request, row, history, form=SettingsForm.of(row, overlay))
    require(may_manage(request.user, team=row.team))
    form = SettingsForm(request.POST, environment=row, initial={"cloud": overlay.cloud})
    saved = submit(
        form,
        lambda given: save_settings(
            row, overlay=form.overlay, reason=given["reason"], by=request.user
        ),
    )
    if saved:
        messages.success(request, f"Saved {saved}.")
        return redirect(_address(row))
    return _page(request, row, history, form=form, status=422)


@require_POST
def restore(request: SignedInRequest, environment: str, number: int) -> HttpResponse:
    """Save what earlier settings said as new ones."""
    row, form = chosen_environment(request, environment), RestoreForm(request.POST)
    return perform(
        request,
        lambda: restore_settings(row, number=number, **form.cleaned_data, by=request.user),
        done=lambda saved: f"Saved {saved}, which say what settings {number} said.",
        to=_address(row),
        form=form,
    )


def _page(
    request: SignedInRequest,
    row: Environment,
    history: Sequence[EnvironmentSettings],
    *,
    form: SettingsForm,
    status: int = 200,
) -> HttpResponse:
    current = history[0] if history else None
    context = {
        "environment": row,
        "form": form,
        "current": current,
        "words": overlay_of(current).words,
        "history": _editions(history),
        "may_manage": may_manage(request.user, team=row.team),
        "crumbs": [
            ("Environments", reverse("promotions:environments")),
            (row.name, reverse("promotions:environment", args=[row.name])),
        ],
    }
    return render(request, "promotions/settings.html", context, status=status)


def _editions(history: Sequence[EnvironmentSettings]) -> list[Edition]:
    """Return the history, each with what differs from the settings before."""
    return [
        Edition(after, differences(overlay_of(before), after.overlay))
        for after, before in pairwise([*history, None])
        if after is not None
    ]


def _address(row: Environment) -> str:
    return reverse("promotions:environment-settings", args=[row.name])
