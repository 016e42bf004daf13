"""Builds: started, watched with their logs, canceled, tried again."""

from __future__ import annotations

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HTMX_STOP_POLLING

from accounts.answers import perform
from accounts.requests import SignedInRequest
from accounts.spreadsheets import file_name
from domain.images.states import OPEN_BUILD_STATES
from images.building.builders import unavailable_for
from images.building.live.feed import events
from images.building.live.waiting import waits_for
from images.building.log import whole
from images.building.log_view import LONGEST_SEARCH, log_view
from images.models import Build, Image
from images.services import builds as services
from images.services.rights import may_edit_images
from images.views.drafts import page_of
from images.views.visible import crumbs_of, visible_version

NOTHING_NEW = 204
_LONGEST_OFFSET = 16


def build_page(build: Build) -> str:
    """Return the address of a build's page."""
    return reverse("images:build", args=[build.pk])


def _visible(request: SignedInRequest, pk: int) -> Build:
    rows = Build.objects.select_related("version__image__team", "asked_by", "canceled_by")
    images = Image.objects.visible_to(request.user)
    return get_object_or_404(rows.filter(version__image__in=images), pk=pk)


@require_GET
def build(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a build with its steps and its log; `?q=` shows the lines that contain it."""
    row = _visible(request, pk)
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    is_open = row.state in OPEN_BUILD_STATES
    mark = f"{row.state}-{row.log_bytes}-{bool(row.cancel_asked_at)}"
    is_live = request.GET.get("part") == "live"
    if is_live and is_open and request.GET.get("mark") == mark:
        return HttpResponse(status=NOTHING_NEW)
    context = {
        "crumbs": crumbs_of(row.version),
        "build": row,
        "version": row.version,
        "log": log_view(row, words=words),
        "words": words,
        "mark": mark,
        "is_open": is_open,
        "is_over": not is_open,
        "may_edit": may_edit_images(request.user, row.version.image.team),
        "unavailable": unavailable_for(row.version) if row.state == "queued" else "",
        "waiting": waits_for(row),
    }
    if not is_live:
        return render(request, "images/build.html", context)
    status = 200 if is_open else HTMX_STOP_POLLING
    return render(request, "images/build.html#live", context, status=status)


@require_GET
def build_log(request: SignedInRequest, pk: int) -> HttpResponse:
    """Return all that is kept of the log as a text file."""
    row = _visible(request, pk)
    saved = file_name(f"{row.version.image.name}-{row.version.number}-build-{row.attempt}")
    return HttpResponse(
        "".join(whole(row.pk)),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{saved}.txt"'},
    )


@require_GET
def build_stream(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Send the lines of the log as they come, from the byte `from`, or from where it broke off.

    A server that would hold a thread for it, as Django's own does, sends nothing: the page polls.
    """
    row = _visible(request, pk)
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=NOTHING_NEW)
    given = request.headers.get("Last-Event-ID") or request.GET.get("from", "")
    offset = int(given) if given.isdecimal() and len(given) < _LONGEST_OFFSET else 0
    return StreamingHttpResponse(
        events(row.pk, min(offset, row.log_bytes)),
        content_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},  # proxies send it on at once
    )


@require_POST
def start_build(request: SignedInRequest, pk: int) -> HttpResponse:
    """Have the version built."""
    version = visible_version(request, pk)
    return perform(
        request,
        lambda: services.build_version(version, by=request.user),
        done="Build queued.",
        to=page_of(version),
        then=build_page,
    )


@require_POST
def cancel_build(request: SignedInRequest, pk: int) -> HttpResponse:
    """Have the build end."""
    row = _visible(request, pk)
    return perform(
        request,
        lambda: services.cancel_build(row, by=request.user),
        done="Canceling the build.",
        to=build_page(row),
    )


@require_POST
def retry_build(request: SignedInRequest, pk: int) -> HttpResponse:
    """Build the same version again."""
    row = _visible(request, pk)
    return perform(
        request,
        lambda: services.retry_build(row, by=request.user),
        done="Build queued.",
        to=build_page(row),
        then=build_page,
    )
