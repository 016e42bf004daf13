"""One version of an image: what it is, what runs on it, and whether it may be launched."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.answers import submit
from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from accounts.views.history import history_of, tabs
from domain.images.states import IMAGE_MOVES, ImageState
from images.forms.registering import DeprecateForm, ReasonForm, RestoreForm
from images.models import ImageVersion
from images.queries import deprecation_of, why_not_launchable
from images.registries.sights import sight_of
from images.services.rights import may_edit_images
from images.services.states import deprecate_version, restore_version, withdraw_version
from images.uses import uses_of
from images.views.visible import visible_version


@require_GET
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a version, or its history."""
    version = visible_version(request, pk)
    reading = may(request.user, Action.READ_HISTORY, team=version.image.team)
    context = {
        **_frame(version),
        "tabs": tabs(request, "Version", allowed=reading),
        "may_edit": may_edit_images(request.user, version.image.team),
        "moves": IMAGE_MOVES[ImageState(version.state)],
        "refusal": why_not_launchable(version),
        "warning": deprecation_of(version),
    }
    if request.GET.get("tab") == "history":
        context["history"] = history_of(request, version, team=version.image.team)
    else:
        context["uses"] = uses_of(version.image, user=request.user, version=version)
        context["sight"] = sight_of(version)
        context["tags"] = [tag.name for tag in version.tags.all()]
    return render(request, "images/version.html", context)


@require_http_methods(["GET", "POST"])
def deprecate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask why a version should no longer be used, and deprecate it."""
    version = visible_version(request, pk)
    form = DeprecateForm(request.POST or None, version=version)
    return _move(
        request,
        version,
        form,
        lambda: deprecate_version(version, **form.cleaned_data, by=request.user),
        words=("Deprecate", "Launches go on and show this reason."),
    )


@require_http_methods(["GET", "POST"])
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask why a version must not be used, and withdraw it."""
    version = visible_version(request, pk)
    form = ReasonForm(request.POST or None)
    return _move(
        request,
        version,
        form,
        lambda: withdraw_version(version, **form.cleaned_data, by=request.user),
        words=("Withdraw", "Launches and starts are refused. Running clusters are not stopped."),
    )


@require_http_methods(["GET", "POST"])
def restore(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a version ready again."""
    version = visible_version(request, pk)
    form = RestoreForm(request.POST if request.method == "POST" else None)
    return _move(
        request,
        version,
        form,
        lambda: restore_version(version, **form.cleaned_data, by=request.user),
        words=("Restore", "Clusters can be launched from it again, without a warning."),
    )


def _move(
    request: SignedInRequest,
    version: ImageVersion,
    form: BaseForm,
    call: Callable[[], ImageVersion],
    *,
    words: tuple[str, str],
) -> HttpResponse:
    require(may_edit_images(request.user, version.image.team))
    if form.is_bound and submit(form, lambda _: call()) is not None:
        messages.success(request, f"{version} is {version.state} now.")
        return redirect("images:version", version.pk)
    context = {
        **_frame(version),
        "form": form,
        "verb": words[0],
        "consequence": words[1],
        "uses": uses_of(version.image, user=request.user, version=version),
    }
    return render(request, "images/move.html", context, status=422 if form.is_bound else 200)


def _frame(version: ImageVersion) -> dict[str, object]:
    image = version.image
    return {
        "version": version,
        "crumbs": [
            ("Images", reverse("images:list")),
            (image.name, reverse("images:detail", args=[image.pk])),
        ],
    }
