"""Where head agents report: /agent/v1/sync."""

import gzip
import io
import json
import zlib
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clusters.agent.sync import BadReport, RunOver, apply_report, is_over
from clusters.models import Cluster
from clusters.nodes.tokens import hashed

BODY_LIMIT = 32 * 2**20  # bytes, unpacked


@csrf_exempt  # no cookie is involved: the token is in the header
@login_not_required
@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    """Take one report; 400 unreadable, 401 no such token, 410 nothing left to do."""
    try:
        report = _read(request)
    except (ValueError, OSError, EOFError, zlib.error, RecursionError):
        return JsonResponse({"error": "The body is not a JSON object."}, status=400)
    cluster = _authenticated(request, report)
    if cluster is None:
        return JsonResponse({"error": "Unknown cluster or wrong token."}, status=401)
    over = JsonResponse({"error": "This run of the cluster has ended."}, status=410)
    if report.get("run") != cluster.run.number or is_over(cluster):
        return over
    try:
        return JsonResponse(apply_report(cluster, report))
    except RunOver:
        return over
    except BadReport as error:
        return JsonResponse({"error": str(error)}, status=400)


def _read(request: HttpRequest) -> dict[str, Any]:
    body = request.body
    if request.headers.get("Content-Encoding") == "gzip":
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            body = stream.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        raise ValueError
    report = json.loads(body, parse_constant=_refused)
    return report if isinstance(report, dict) else {}


def _refused(word: str) -> None:
    """Refuse NaN and Infinity, which are no JSON and spoil every sum."""
    raise ValueError(word)


def _authenticated(request: HttpRequest, report: dict[str, Any]) -> Cluster | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    cluster_id = report.get("cluster")
    if scheme != "Bearer" or not isinstance(cluster_id, str):
        return None
    try:
        cluster = Cluster.objects.select_related("run").filter(pk=cluster_id).first()
    except ValidationError:  # no UUID
        return None
    known = cluster.run.agent_token_hash if cluster else hashed("")
    return cluster if constant_time_compare(hashed(token), known) else None
