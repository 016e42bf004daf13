"""Drafts of images that Mobula builds: written, checked while they are typed, saved, discarded."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.models import Team
from accounts.permissions import require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from domain.images.dockerfile.simple import written
from domain.images.states import ImageSource
from images.building.builders import unavailable_for, unavailable_to
from images.building.linting import linted
from images.building.surroundings import default_base
from images.forms.base_picker import BasePickerForm
from images.forms.builds import DraftForm, NewImageForm, SimpleImageForm
from images.models import ImageVersion
from images.services import drafts as services
from images.services.rights import may_edit_images
from images.views import environments
from images.views.checks import checks_of, mended, posted_text
from images.views.inputs import inputs_of
from images.views.visible import INVALID, crumbs_of, visible_version


def page_of(version: ImageVersion) -> str:
    """Return the address of a draft's page."""
    if version.source == ImageSource.VIRTUAL_ENVIRONMENT:
        return environments.page_of(version)
    return reverse("images:edit-draft", args=[version.pk])


@require_http_methods(["GET", "POST"])
def new_image(request: SignedInRequest) -> HttpResponse:
    """Show the form of a new image, write its Dockerfile from a few fields, or save it."""
    team = current_team(request)
    require(may_edit_images(request.user, team))
    picker = BasePickerForm(request.POST or request.GET)
    picked = picker.best if picker.is_asked else ""
    base = request.GET.get("base") or picked or default_base()
    simple, told = SimpleImageForm(initial={"base": base}), ""
    form = NewImageForm(request.POST or None, team=team)
    if request.method == "POST" and "write" in request.POST:
        simple = SimpleImageForm(request.POST)
        text = request.POST.get("dockerfile", "")
        if simple.is_valid():
            text = written(simple.image)
        form = NewImageForm(initial={**request.POST.dict(), "dockerfile": text}, team=team)
    elif request.method == "POST" and "fix" in request.POST:
        form, told = _with_fix(request, NewImageForm, team=team)
    elif request.method == "POST":
        saved = submit(
            form,
            lambda given: services.create_image_draft(
                form.content(), name=given["name"], team=team, by=request.user
            ),
        )
        if saved:
            messages.success(request, f"Draft {saved} saved.")
            return redirect(page_of(saved))
    context = {
        "form": form,
        "simple": simple,
        "picker": picker,
        "unavailable": unavailable_to(team),
        "told": told,
        **checks_of(linted(str(form["dockerfile"].value() or ""), team=team)),
    }
    status = INVALID if form.is_bound and request.method == "POST" else 200
    return render(request, "images/build_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
def edit_draft(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a draft with its problems and builds, or save it."""
    version = visible_version(request, pk)
    require(may_edit_images(request.user, version.image.team))
    if version.source == ImageSource.VIRTUAL_ENVIRONMENT:
        return redirect(page_of(version))
    form, told = DraftForm.of(version), ""
    team, has_context = version.image.team, bool(version.context)
    if request.method == "POST" and "fix" in request.POST:
        form, told = _with_fix(request, DraftForm, team=team, has_context=has_context)
    elif request.method == "POST":
        form = DraftForm(request.POST, team=version.image.team)
        if submit(form, lambda _: services.save_draft(version, form.content(), by=request.user)):
            messages.success(request, f"Draft {version} saved.")
            return redirect(page_of(version))
    text = str(form["dockerfile"].value() or "")
    context = {
        "crumbs": crumbs_of(version),
        "version": version,
        "form": form,
        **checks_of(linted(text, team=team, has_context=has_context), has_context=has_context),
        "builds": version.builds.select_related("asked_by"),
        "unavailable": unavailable_for(version),
        "told": told,
        **inputs_of(version),
    }
    status = INVALID if form.is_bound else 200
    return render(request, "images/build_draft.html", context, status=status)


def _with_fix[F: DraftForm](
    request: SignedInRequest,
    kind: type[F],
    *,
    team: Team | None,
    has_context: bool | None = None,
) -> tuple[F, str]:
    """Return the form as it was posted, one problem of its Dockerfile mended, and what to tell."""
    text = posted_text(request)
    text, told = mended(request, text, linted(text, team=team, has_context=has_context))
    return kind(initial={**request.POST.dict(), "dockerfile": text}, team=team), told


@require_POST
def discard_draft(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove the draft."""
    version = visible_version(request, pk)
    return perform(
        request,
        lambda: services.discard_draft(version, by=request.user),
        done=f"Draft {version} discarded.",
        to=page_of(version),
        then=lambda _: reverse("images:detail", args=[version.image_id]),
    )
