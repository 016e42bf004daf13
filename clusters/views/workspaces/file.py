"""One file of a workspace, to read or to download."""

from __future__ import annotations

from pathlib import PurePosixPath
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from accounts.errors import TryLater
from accounts.requests import SignedInRequest
from clusters.services.workspaces.using import read_file
from clusters.views.workspaces.detail import page_of, visible_workspace
from clusters.workspaces.reading import shown

TEMPLATE = "clusters/workspaces/file.html"


@require_GET
def file(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show a file of a workspace as text, or send it as it is."""
    row = visible_workspace(request, pk)
    path = request.GET.get("path", "")
    context = {
        "workspace": row,
        "path": path,
        "crumbs": [("Workspaces", reverse("clusters:workspaces")), (row.name, page_of(row))],
    }
    try:
        content = read_file(row, path=path, by=request.user)
    except TryLater as refusal:
        context["refusal"] = refusal.message
        return render(request, TEMPLATE, context, status=refusal.status)
    if request.GET.get("download"):
        # Never what a browser would show: it was written by a user, and this is Mobula's origin.
        name = content_disposition_header(True, PurePosixPath(path).name) or "attachment"
        return HttpResponse(
            content,
            content_type="application/octet-stream",
            headers={"Content-Disposition": name, "X-Content-Type-Options": "nosniff"},
        )
    context |= {"size": len(content), "file": shown(path, content)}
    return render(request, TEMPLATE, context)
