"""The list of images, one image with its versions and tags, and the page that registers one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.permissions import Action, may
from accounts.queries import chosen_team
from accounts.requests import SignedInRequest, wants_part
from accounts.spreadsheets import csv_response
from accounts.views.history import history_of, tabs
from images.forms.comparing import CompareForm
from images.forms.registering import ALL_TEAMS, ImagesForm, RegisterForm, TagForm
from images.listing import listed_images, with_details
from images.models import Image, ImageTag
from images.registries.sights import sights_of
from images.services.registering import register_image
from images.services.rights import may_edit_images
from images.services.tags import remove_tag, set_tag
from images.uses import uses_of
from images.views.columns import LISTED, VERSIONS
from images.views.visible import visible_image
from tables.pages import page_of, sorted_rows

_MOST_URI = 500


@require_GET
def image_list(request: SignedInRequest) -> HttpResponse:
    """List the images of the user's teams and those of all teams."""
    form = ImagesForm(request.GET, user=request.user)
    rows = listed_images(request.user, form.wanted())
    if request.GET.get("format") == "csv":
        lines = LISTED.lines(with_details(sorted_rows(request, LISTED, rows)))
        return csv_response("images", header=LISTED.header, rows=lines)
    team = chosen_team(request)
    table = page_of(request, LISTED, rows)
    table.rows = with_details(table.rows)
    context = {
        "form": form,
        "table": table,
        "may_register": may_edit_images(request.user, team),
    }
    partial = "#results" if wants_part(request) else ""
    return render(request, f"images/list.html{partial}", context)


@require_http_methods(["GET", "POST"])
def register(request: SignedInRequest) -> HttpResponse:
    """Register an image by its URI; `?image=` gets a new version, `?uri=` is filled in."""
    image = Image.objects.visible_to(request.user).filter(pk__in=_ids(request)).first()
    form = RegisterForm(request.POST or None, user=request.user, initial=_initial(request, image))
    if form.is_bound:
        version = submit(form, lambda values: register_image(**values, by=request.user))
        if version is not None:
            messages.success(request, f"Registered {version}.")
            return redirect("images:version", version.pk)
    context = {"form": form, "crumbs": [("Images", reverse("images:list"))]}
    return render(request, "images/register.html", context, status=422 if form.is_bound else 200)


@require_GET
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show an image with its versions and tags, or its history."""
    image = visible_image(request, pk)
    reading = may(request.user, Action.READ_HISTORY, team=image.team)
    context = {
        "image": image,
        "crumbs": [("Images", reverse("images:list"))],
        "tabs": tabs(request, "Versions", allowed=reading),
        "may_edit": may_edit_images(request.user, image.team),
    }
    if request.GET.get("tab") == "history":
        context["history"] = history_of(request, image, team=image.team)
        return render(request, "images/detail.html", context)
    versions = image.versions.select_related("image").prefetch_related("tags")
    if request.GET.get("format") == "csv":
        lines = VERSIONS.lines(sorted_rows(request, VERSIONS, versions))
        return csv_response(image.name, header=VERSIONS.header, rows=lines)
    context |= {
        "table": page_of(request, VERSIONS, versions),
        "tags": image.tags.select_related("version__image", "moved_by"),
        "sights": sights_of(image),
        "uses": uses_of(image, user=request.user),
        "tag_form": TagForm(image=image),
        "compare_form": CompareForm(image=image),
    }
    return render(request, "images/detail.html", context)


@require_POST
def tag(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a tag to a version of the image, from whichever had it."""
    form = TagForm(request.POST, image=(image := visible_image(request, pk)))
    return perform(
        request,
        lambda: set_tag(
            form.cleaned_data["version"], name=form.cleaned_data["name"], by=request.user
        ),
        done=lambda tag: f"{tag} is {tag.version} now.",
        to=reverse("images:detail", args=[image.pk]),
        form=form,
    )


@require_POST
def untag(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove a tag."""
    rows = ImageTag.objects.filter(image__in=Image.objects.visible_to(request.user))
    found = get_object_or_404(rows.select_related("image__team", "version__image"), pk=pk)
    return perform(
        request,
        lambda: remove_tag(found, by=request.user),
        done=f"Removed the tag {found}.",
        to=reverse("images:detail", args=[found.image_id]),
    )


def _ids(request: SignedInRequest) -> list[int]:
    text = request.GET.get("image", "")
    return [int(text)] if text.isascii() and text.isdecimal() and len(text) < 18 else []


def _initial(request: SignedInRequest, image: Image | None) -> dict[str, object]:
    uri = request.GET.get("uri", "")[:_MOST_URI]
    if image:
        return {"name": image.name, "team": image.team_id or ALL_TEAMS, "uri": uri}
    team = chosen_team(request)
    return {"team": team.pk if team else None, "uri": uri}
