"""The logs of one node: shown while it lives and after its end, searched, downloaded."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HTMX_STOP_POLLING

from accounts.requests import SignedInRequest
from accounts.spreadsheets import file_name
from clusters.models import Node
from clusters.queries.node_logs import LONGEST_SEARCH, files_of, log_view, node_of, text_of
from clusters.services.node_logs import follow_node_logs
from clusters.views.requests import visible_cluster
from domain.lifecycle import NodeState

NOTHING_NEW = 204


def _visible_node(request: SignedInRequest, pk: UUID, name: str) -> Node:
    node = node_of(visible_cluster(request, pk), name)
    if node is None:
        raise Http404
    return node


@require_GET
def node_log(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """Show a node's log files and one of them; `?q=` shows the lines that contain it."""
    node = _visible_node(request, pk, name)
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    chosen = request.GET.get("file", "")
    view = log_view(node, file=chosen, words=words)
    mark = f"{view.mark}-{node.state}"
    context = {
        "node": node,
        "cluster": node.cluster,
        "log": view,
        "words": words,
        "chosen": chosen,
        "mark": mark,
        "is_over": node.state == NodeState.TERMINATED,
    }
    if request.GET.get("part") != "live":
        return render(request, "clusters/node_log.html", context)
    if node.state == NodeState.TERMINATED:
        return render(request, "clusters/node_log.html#live", context, status=HTMX_STOP_POLLING)
    if request.GET.get("mark") == mark:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "clusters/node_log.html#live", context)


@require_GET
def node_log_text(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """Return what is kept of one log file as a text file."""
    node = _visible_node(request, pk, name)
    file = next((row for row in files_of(node) if row.name == request.GET.get("file")), None)
    if file is None:
        raise Http404
    saved = file_name(f"{node.name}-{file.name}")
    return HttpResponse(
        text_of(node, file),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{saved}.txt"'},
    )


@require_POST
def follow(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """Have all of the node's logs fetched for the next minute: the page is open."""
    follow_node_logs(_visible_node(request, pk, name), by=request.user)
    return HttpResponse(status=NOTHING_NEW)
