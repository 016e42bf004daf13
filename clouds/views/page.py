"""What the pages of one cloud have in common."""

from __future__ import annotations

from collections.abc import Collection

from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from clouds.models import Cloud
from clouds.services import OFFERED
from providers import registry

WITH_CREDENTIALS = registry.kinds_with(lambda traits: bool(traits.credentials))
WITH_DOCUMENTS = registry.kinds_with(lambda traits: traits.access_documents is not None)
WITH_SETTINGS = registry.kinds_with(lambda traits: bool(traits.account_settings))


def managed_cloud(
    request: SignedInRequest,
    pk: int,
    *,
    kinds: Collection[str] | None = None,
    with_demo: bool = False,
) -> Cloud:
    """Return a cloud for an admin of the installation.

    With `kinds`, only one of these kinds that is a real account, or `with_demo` also a demo.
    """
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    rows = Cloud.objects.visible_to(request.user)
    if kinds is not None:
        rows = rows.filter(provider__in=kinds)
        rows = rows if with_demo else rows.filter(is_demo=False)
    return get_object_or_404(rows, pk=pk)


def frame_of(cloud: Cloud, current: str) -> dict[str, object]:
    """Return what the template of a tab needs to show the cloud and its tabs."""
    return {
        "cloud": cloud,
        "tabs": _tabs(cloud, current),
        "crumbs": [("Clouds", reverse("clouds:list"))],
    }


def _tabs(cloud: Cloud, current: str) -> list[dict[str, object]]:
    """Return the pages of a cloud; one that came with Mobula has no account to edit."""
    pages = {
        name: label
        for name, label, kinds in (
            ("edit", "Account", OFFERED),
            ("settings", "Settings", WITH_SETTINGS),
            ("credentials", "Credentials", WITH_CREDENTIALS),
            ("permissions", "Permissions", WITH_DOCUMENTS),
        )
        if cloud.provider in kinds and not cloud.is_demo
    }
    pages |= {"checks": "Checks", "teams": "Teams", "history": "History"}
    return [
        {
            "label": label,
            "url": reverse(f"clouds:{name}", args=[cloud.pk]),
            "current": name == current,
        }
        for name, label in pages.items()
    ]
