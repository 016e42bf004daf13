"""Import a configuration of another tool as a draft; export a version for one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from configurations.forms import ExportForm, ImportForm
from configurations.models import Version
from configurations.services.drafts import open_draft
from configurations.views.templates import visible_template
from configurations.views.versions import target_of
from domain.convert import ExportContext, Format, Imported, detect, exported, imported
from domain.yaml.text import dump, modernised, parse
from images.queries import find_version

_OWN = {Format.MOBULA, Format.ANYSCALE, Format.ANYSCALE_LEGACY}


@require_http_methods(["GET", "POST"])
def import_template(request: SignedInRequest) -> HttpResponse:
    """Show what a configuration of another tool becomes here; `do=open` makes it a draft."""
    team = current_team(request)
    require(may(request.user, Action.EDIT_TEMPLATE, team=team))
    posted = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if posted else ImportForm()
    if not form.is_bound or not form.is_valid():
        return _import_page(request, {"form": form}, status=422 if form.is_bound else 200)
    text = form.cleaned_data["text"].replace("\r\n", "\n")
    source = Format(form.cleaned_data["source"] or detect(text))
    found = imported(text, source)
    ours = _text_of(text, source, found)
    if request.POST.get("do") == "open" and ours:
        draft = open_draft(team=team, by=request.user, text=ours, origin=_origin(source, found))
        return redirect("configurations:draft", pk=draft.pk)
    form = ImportForm(initial={"source": form.cleaned_data["source"], "text": text})
    return _import_page(request, {"form": form, "found": found, "source": source, "ours": ours})


def _text_of(text: str, source: Format, found: Imported) -> str:
    """Return the text for the editor: of our own format as it was written, comments included."""
    if source in _OWN:
        return modernised(text)
    return dump(found.config) if found.config else ""


def _origin(source: Format, found: Imported) -> str:
    lost = " ".join(f"{loss.path}: {loss.why}" for loss in found.losses[:20])
    image = found.notes.get("image", "")
    words = [f"Imported from {source.label}."]
    words += [f"Its image is {image}: register it, and choose it here."] if image else []
    words += [f"Not carried over: {lost}"] if lost else []
    return " ".join(words)


def _import_page(
    request: SignedInRequest, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    crumbs = [("Templates", reverse("configurations:templates"))]
    page = {**context, "crumbs": crumbs}
    return render(request, "configurations/import.html", page, status=status)


@require_GET
def export_version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Show a version in another format, with what is lost; `download` sends it as a file."""
    template = visible_template(request, pk)
    version = get_object_or_404(template.versions.select_related("template"), number=number)
    form = ExportForm(request.GET)
    form.is_valid()
    to = Format(form.cleaned_data.get("to") or Format.KUBERAY)
    name = form.cleaned_data.get("name") or template.name
    written = _exported(request, version, to, name=name)
    if "download" in request.GET and written:
        return _as_file(written.text, f"{name}-{to.value}.yaml")
    own = reverse("configurations:version", args=[pk, number])
    context = {
        "template": template,
        "version": version,
        "form": ExportForm(initial={"to": to.value, "name": name}),
        "to": to,
        "written": written,
        "crumbs": [("Templates", reverse("configurations:templates")), (str(version), own)],
    }
    return render(request, "configurations/export.html", context)


def _exported(request: SignedInRequest, version: Version, to: Format, *, name: str) -> Any:
    config = parse(version.text).config
    if config is None:
        return None
    image = find_version(config.mobula.image, request.user)
    setting = ExportContext(
        name=name,
        image=image.location if image and image.is_registry_image else "",
        ray_version=image.ray_version if image else "",
        target=target_of(request, version),
    )
    return exported(config, to, setting)


def _as_file(text: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return answer
