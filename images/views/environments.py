"""Images that are virtual environments of this host: written, checked, saved as drafts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.answers import submit
from accounts.permissions import require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from domain.images.requirements import LONGEST, read_requirements
from domain.images.states import ImageSource
from images.building.environments import pythons_here, unavailable
from images.forms.builds import EnvironmentForm, NewEnvironmentForm
from images.models import ImageVersion
from images.services import drafts as services
from images.services.rights import may_edit_images
from images.views.visible import INVALID, crumbs_of, visible_version

_FIRST = "ray[default]==2.60.0\n"


@require_http_methods(["GET", "POST"])
def new_environment(request: SignedInRequest) -> HttpResponse:
    """Show the form of a new environment, or save it as a draft."""
    team = current_team(request)
    require(may_edit_images(request.user, team))
    initial = {"requirements": _FIRST}
    form = NewEnvironmentForm(request.POST or None, initial=initial, pythons=pythons_here())
    if request.method == "POST":
        saved = submit(
            form,
            lambda given: services.create_image_draft(
                form.content(), name=given["name"], team=team, by=request.user
            ),
        )
        if saved:
            messages.success(request, f"Draft {saved} saved.")
            return redirect(page_of(saved))
    return _page(request, "images/environment_new.html", form)


@require_http_methods(["GET", "POST"])
def edit_environment(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a draft with its problems and builds, or save it."""
    version = visible_version(request, pk)
    require(may_edit_images(request.user, version.image.team))
    if version.source != ImageSource.VIRTUAL_ENVIRONMENT:
        return redirect("images:edit-draft", pk)
    form = EnvironmentForm.of(version, pythons=pythons_here())
    if request.method == "POST":
        form = EnvironmentForm(request.POST, pythons=pythons_here())
        if submit(form, lambda _: services.save_draft(version, form.content(), by=request.user)):
            messages.success(request, f"Draft {version} saved.")
            return redirect(page_of(version))
    return _page(request, "images/build_draft.html", form, version=version)


@require_POST
def check_requirements(request: SignedInRequest) -> HttpResponse:
    """Return what is wrong with the requirements as they are typed."""
    require(may_edit_images(request.user, current_team(request)))
    text = request.POST.get("requirements", "")[: LONGEST + 1]
    problems = read_requirements(text)[1]
    return render(request, "images/build_problems.html", {"problems": problems})


def page_of(version: ImageVersion) -> str:
    """Return the address of the page of a draft that is an environment."""
    return reverse("images:edit-environment", args=[version.pk])


def _page(
    request: SignedInRequest,
    template: str,
    form: EnvironmentForm,
    *,
    version: ImageVersion | None = None,
) -> HttpResponse:
    text = str(form["requirements"].value() or "")
    context = {
        "crumbs": crumbs_of(version) if version else (),
        "version": version,
        "form": form,
        "check_url": reverse("images:check-requirements"),
        "checked_field": form["requirements"].id_for_label,
        "problems": read_requirements(text)[1],
        "builds": version.builds.select_related("asked_by") if version else (),
        "unavailable": unavailable(),
    }
    status = INVALID if request.method == "POST" else 200
    return render(request, template, context, status=status)
