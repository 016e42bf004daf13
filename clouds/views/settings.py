"""What the driver of a cloud knows of its account: the form of its settings."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.answers import submit
from accounts.requests import SignedInRequest
from clouds.forms.settings import SettingsForm
from clouds.models import Cloud
from clouds.services import change_settings
from clouds.views.page import WITH_SETTINGS, frame_of, managed_cloud
from domain.accounts.declared import Section, Setting, SettingKind, settings_of
from domain.offerings import ProviderKind
from providers import registry


@require_http_methods(["GET", "POST"])
def settings(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the settings, save them, or add or remove a row that was asked for with `do`."""
    cloud = managed_cloud(request, pk, kinds=WITH_SETTINGS)
    sections = registry.traits_of(ProviderKind(cloud.provider)).account_settings
    if request.method == "GET":
        return _page(request, cloud, SettingsForm(sections=sections, values=cloud.settings))
    if "do" in request.POST:
        return _rows(request, cloud, sections)
    form = SettingsForm(request.POST, sections=sections, values=cloud.settings)
    saved = submit(
        form, lambda _: change_settings(cloud, values=form.settings, by=request.user)
    )  # fmt: skip
    if saved is None:
        return _page(request, cloud, form, status=422)
    messages.success(request, f"Saved the settings of cloud {saved}.")
    return redirect("clouds:settings", cloud.pk)


def _rows(request: SignedInRequest, cloud: Cloud, sections: Sequence[Section]) -> HttpResponse:
    """Answer htmx with the rows that changed, and others with the whole page."""
    form = SettingsForm.again(request.POST, sections=sections)
    changed = _setting_of(request.POST["do"], sections)
    if not request.htmx or changed is None:  # type: ignore[attr-defined]
        return _page(request, cloud, form)
    context = {"cloud": cloud, "item": form.item(changed)}
    return render(request, "clouds/setting_rows.html", context)


def _setting_of(do: str, sections: Sequence[Section]) -> Setting | None:
    key = do.split(":")[1] if ":" in do else ""
    rows = (one for one in settings_of(sections) if one.kind is SettingKind.ROWS)
    return next((one for one in rows if one.key == key), None)


def _page(
    request: SignedInRequest, cloud: Cloud, form: SettingsForm, *, status: int = 200
) -> HttpResponse:
    context = {**frame_of(cloud, "settings"), "form": form}
    return render(request, "clouds/settings.html", context, status=status)
