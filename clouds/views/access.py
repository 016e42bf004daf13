"""What a cloud's account must allow, as policies to copy."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from clouds.drivers import facts_of
from clouds.views.page import WITH_DOCUMENTS, frame_of, managed_cloud
from domain.offerings import ProviderKind
from providers import registry
from providers.base import InvalidRequest


@require_GET
def permissions(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the policies that Mobula needs in the account; ?show= is which of them."""
    cloud = managed_cloud(request, pk, kinds=WITH_DOCUMENTS)
    write = registry.traits_of(ProviderKind(cloud.provider)).access_documents
    try:
        documents, refusal = list(write(facts_of(cloud))) if write else [], ""
    except InvalidRequest as error:
        documents, refusal = [], str(error)
    wanted = request.GET.get("show")
    shown = next((one for one in documents if one.name == wanted), next(iter(documents), None))
    context = {
        **frame_of(cloud, "permissions"),
        "document": shown,
        "refusal": refusal,
        "choices": [
            {
                "label": one.title,
                "url": f"{request.path}?show={one.name}",
                "current": one is shown,
            }
            for one in documents
        ],
    }
    return render(request, "clouds/permissions.html", context)
