"""Import a configuration of another tool as a draft; export a version for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.answers import submit
from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from configurations.forms import ExportForm, ImportForm
from configurations.services import exporting
from configurations.services.import_clouds import CloudGuess, best_cloud, ranked_clouds
from configurations.services.importing import open_import, preview_import
from configurations.views.editor_page import open_draft_in_editor
from configurations.views.templates import visible_template
from domain.convert import Format
from domain.convert.place import Place


@require_http_methods(["GET", "POST"])
def import_template(request: SignedInRequest) -> HttpResponse:
    """Show what a configuration of another tool becomes here; `do=open` makes it a draft."""
    team = current_team(request)
    require(may(request.user, Action.EDIT_TEMPLATE, team=team))
    if request.method == "GET":
        form = ImportForm()
        _offer(form, ranked_clouds(Place(), team=team))
        return _import_page(request, {"form": form})
    form = ImportForm(request.POST, request.FILES)
    _offer(form, ranked_clouds(Place(), team=team))
    preview = submit(form, lambda v: preview_import(v["text"], source=v["source"]))
    if preview is None:
        return _import_page(request, {"form": form}, status=422)
    if request.POST.get("do") == "open" and preview.text:
        values = form.cleaned_data
        return open_draft_in_editor(
            request, lambda: open_import(**values, team=team, by=request.user)
        )
    form = ImportForm(initial=form.cleaned_data)
    guesses = ranked_clouds(preview.place, team=team)
    best = best_cloud(guesses)
    chosen = form.initial["cloud"] or (best.cloud.name if best else "")
    _offer(form, guesses, chosen=chosen)
    context = {"form": form, "found": preview.found, "source": preview.source}
    context |= {
        "kept": preview.kept,
        "place": preview.place,
        "guess": next((guess for guess in guesses if guess.cloud.name == chosen), None),
        "best": best,
        "may_add_cloud": may(request.user, Action.MANAGE_INSTALLATION, team=None),
    }
    context["losses"] = preview.losses
    return _import_page(request, {**context, "ours": preview.text})


def _offer(form: ImportForm, guesses: Sequence[CloudGuess], *, chosen: str = "") -> None:
    form.offer_clouds([(guess.cloud.name, guess.label) for guess in guesses], chosen=chosen)


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
    row = get_object_or_404(template.versions.select_related("template__team"), number=number)
    form = ExportForm(request.GET)
    form.is_valid()
    to = Format(form.cleaned_data.get("to") or Format.KUBERAY)
    name = form.cleaned_data.get("name") or template.name
    written = exporting.export_version(row, to, name=name)
    if "download" in request.GET and written:
        return _as_file(written.text, f"{name}-{to.value}.yaml")
    own = reverse("configurations:version", args=[pk, number])
    context = {"template": template, "version": row, "to": to, "written": written}
    context["form"] = ExportForm(initial={"to": to.value, "name": name})
    context["crumbs"] = [("Templates", reverse("configurations:templates")), (str(row), own)]
    return render(request, "configurations/export.html", context)


def _as_file(text: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return answer
