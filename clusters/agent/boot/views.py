"""The addresses below /agent/v1/nodes/, for the machines of nodes.

401 unknown token, 410 nothing left to do: the machine may end. The limits of size and rate are
in front of Django, in `mobula.edge`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from agent import bundle
from clusters.agent.boot.join import Rejected
from clusters.agent.boot.join import join as exchanged
from clusters.agent.boot.keys import has_ended, node_of
from clusters.agent.boot.registry import docker_login
from clusters.agent.boot.reports import BadReport, store_interruption, store_steps
from clusters.agent.credentials import credentials
from clusters.agent.view import refusal
from clusters.models import Node
from domain.lifecycle import NodeRole
from providers.base import ProviderError

type Store = Callable[[Node, Mapping[str, Any]], None]


@csrf_exempt  # no cookie is involved: the token is in the header
@login_not_required
@require_POST
def join(request: HttpRequest) -> HttpResponse:
    """Exchange the join token in the header, once, for what the node needs.

    400 unreadable, 401 no such token, 403 used already, expired, or another machine's, 409 not yet
    (Retry-After), 410 the node has ended.
    """
    given = credentials(request.headers)
    if given is None:
        return refusal(401, "Unknown join token.")
    try:
        return JsonResponse(exchanged(given.token, _body(request)))
    except BadReport as error:
        return refusal(400, str(error))
    except Rejected as rejected:
        answer = refusal(rejected.status, str(rejected))
        if rejected.retry_after:
            answer["Retry-After"] = str(rejected.retry_after)
        return answer


@csrf_exempt
@login_not_required
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Take the steps of the machine's start; without news it is a sign of life."""
    return _stored(request, lambda node, body: store_steps(node, body.get("phases")))


@csrf_exempt
@login_not_required
@require_POST
def interruption(request: HttpRequest) -> HttpResponse:
    """Take the notice that the provider takes the machine back: the node is drained."""
    return _stored(request, lambda node, body: store_interruption(node, body.get("at")))


@login_not_required
@require_GET
def head_agent(request: HttpRequest) -> HttpResponse:
    """Give the machine of a head the head agent, one file for its Python."""
    node = _asking(request)
    if isinstance(node, HttpResponse):
        return node
    if node.role != NodeRole.HEAD:
        return refusal(403, "Only head nodes have an agent.")
    return HttpResponse(_packed_agent(), content_type="application/zip")


@login_not_required
@require_GET
def registry(request: HttpRequest) -> HttpResponse:
    """Give the machine a login to its image's registry, good for some minutes.

    404 where there is none to give, 503 while the registry does not answer.
    """
    node = _asking(request)
    if isinstance(node, HttpResponse):
        return node
    try:
        answer: HttpResponse = JsonResponse(docker_login(node))
    except ProviderError as error:
        answer = refusal(503 if error.retryable else 404, str(error))
    answer["Cache-Control"] = "no-store"
    return answer


@cache
def _packed_agent() -> bytes:
    return bundle.pack()


def _asking(request: HttpRequest) -> Node | HttpResponse:
    """Return the node whose machine asks, or the refusal to it."""
    node = node_of(credentials(request.headers))
    if node is None:
        return refusal(401, "Unknown node or wrong key.")
    return refusal(410, "This node has ended.") if has_ended(node) else node


def _stored(request: HttpRequest, store: Store) -> HttpResponse:
    node = _asking(request)
    if isinstance(node, HttpResponse):
        return node
    try:
        store(node, _body(request))
    except BadReport as error:
        return refusal(400, str(error))
    return JsonResponse({})


def _body(request: HttpRequest) -> Mapping[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadReport("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise BadReport("The body is not a JSON object.")
    return body
