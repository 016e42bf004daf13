"""The build context and the build secrets of a draft: set and removed on its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.answers import perform, problems_of, submit
from accounts.requests import SignedInRequest
from domain.images.context import ContextKind
from domain.images.secret_values import wanted_secrets
from images.forms.inputs import BuildSecretForm, GitContextForm, ZipContextForm
from images.models import ImageVersion
from images.services import inputs as services
from images.views.visible import visible_version

_CONTEXT, _SECRETS = "#build-context", "#build-secrets"


def inputs_of(version: ImageVersion) -> dict[str, Any]:
    """Return what build_inputs.html takes for a version."""
    context = version.context
    is_git = context.get("kind") == ContextKind.GIT
    names = [secret.name for secret in version.secrets.all()]
    wanted = wanted_secrets(version.dockerfile)
    return {
        "context_facts": context,
        "zip_form": ZipContextForm(),
        "git_form": GitContextForm(initial=context if is_git else None),
        "secret_form": BuildSecretForm(
            initial={"name": next((name for name in wanted if name not in names), "")}
        ),
        "secret_names": names,
        "missing_secrets": [name for name in wanted if name not in names],
    }


@require_POST
def set_context(request: SignedInRequest, pk: int) -> HttpResponse:
    """Set where the files of the build come from: `kind` is zip, git, or "" for none."""
    version = visible_version(request, pk)
    kind = request.POST.get("kind", "")
    if kind == ContextKind.ZIP:
        files = ZipContextForm(request.POST, request.FILES)
        return _saved(request, version, files, lambda: _set_zip(request, version, files))
    if kind == ContextKind.GIT:
        place = GitContextForm(request.POST)
        return _saved(request, version, place, lambda: _set_git(request, version, place))
    return perform(
        request,
        lambda: services.remove_context(version, by=request.user),
        done="The build has no context now.",
        to=_page(version, _CONTEXT),
    )


@require_POST
def set_secret(request: SignedInRequest, pk: int) -> HttpResponse:
    """Keep a secret for the next build."""
    version = visible_version(request, pk)
    form = BuildSecretForm(request.POST)
    saved = submit(form, lambda given: services.set_build_secret(version, **given, by=request.user))
    if saved is None:
        messages.error(request, problems_of(form))
    else:
        messages.success(request, f"Build secret {saved.name} saved.")
    return redirect(_page(version, _SECRETS))


@require_POST
def remove_secret(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget a secret."""
    version = visible_version(request, pk)
    name = request.POST.get("name", "")
    return perform(
        request,
        lambda: services.remove_build_secret(version, name=name, by=request.user),
        done=f"Build secret {name} removed.",
        to=_page(version, _SECRETS),
    )


def _set_zip(request: SignedInRequest, version: ImageVersion, form: ZipContextForm) -> ImageVersion:
    name, content = form.content()
    return services.set_zip_context(version, name=name, content=content, by=request.user)


def _set_git(request: SignedInRequest, version: ImageVersion, form: GitContextForm) -> ImageVersion:
    return services.set_git_context(version, **form.cleaned_data, by=request.user)


def _saved(
    request: SignedInRequest, version: ImageVersion, form: Form, call: Callable[[], ImageVersion]
) -> HttpResponse:
    if submit(form, lambda _: call()) is None:
        messages.error(request, problems_of(form))
    else:
        messages.success(request, "Build context saved.")
    return redirect(_page(version, _CONTEXT))


def _page(version: ImageVersion, mark: str) -> str:
    return reverse("images:edit-draft", args=[version.pk]) + mark
