"""How Mobula signs in to a cloud."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.requests import SignedInRequest
from clouds.credentials import credentials_of
from clouds.forms.credentials import CredentialsForm
from clouds.services import remove_credentials, set_credentials
from clouds.views.page import WITH_CREDENTIALS, frame_of, managed_cloud
from domain.offerings import ProviderKind
from providers import registry
from providers.base import BadCredentials


@require_http_methods(["GET", "POST"])
def credentials(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say how Mobula signs in to a cloud; secrets are replaced, never shown."""
    cloud = managed_cloud(request, pk, kinds=WITH_CREDENTIALS)
    try:
        known, unreadable = credentials_of(cloud), ""
    except BadCredentials as error:
        known, unreadable = {}, str(error)
    fields = registry.traits_of(ProviderKind(cloud.provider)).credentials
    form = CredentialsForm(request.POST or None, fields=fields, known=known)
    if form.is_bound:
        saved = submit(form, lambda values: set_credentials(cloud, values=values, by=request.user))
        if saved is not None:
            messages.success(request, f"Saved the credentials of cloud {saved}.")
            return redirect("clouds:credentials", cloud.pk)
    context = {**frame_of(cloud, "credentials"), "form": form, "unreadable": unreadable}
    return render(request, "clouds/credentials.html", context, status=422 if form.is_bound else 200)


@require_POST
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove the credentials of a cloud."""
    cloud = managed_cloud(request, pk, kinds=WITH_CREDENTIALS)
    return perform(
        request,
        lambda: remove_credentials(cloud, by=request.user),
        done=f"Removed the credentials of cloud {cloud}.",
        to=reverse("clouds:credentials", args=[pk]),
    )
