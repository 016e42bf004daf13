"""Where head agents get the code of a job that they are to submit: /agent/v1/packages/DIGEST."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from clusters.agent.credentials import credentials, sender
from clusters.agent.sync import is_over
from clusters.agent.view import refusal
from clusters.models import Cluster, Command
from promotions.code.packages import piece_of
from promotions.models import CodePackage

_MOST_DIGITS = 10


@login_not_required
@require_GET
def package(request: HttpRequest, digest: str) -> HttpResponse:
    """Give a piece of a package from `?offset=`, at most 1 MiB, while a command names it.

    400 for an offset that is no number, 401 no such token, 404 for a package that the cluster does
    not need now, 410 nothing left to do.
    """
    who = sender(credentials(request.headers))
    if who is None:
        return refusal(401, "Unknown cluster or wrong token.")
    if not who.current or is_over(who.cluster):
        return refusal(410, "This run of the cluster has ended.")
    offset = request.GET.get("offset", "0")
    if not (offset.isascii() and offset.isdigit() and len(offset) < _MOST_DIGITS):
        return refusal(400, "The offset is not a number of bytes. Use ?offset=0 and up.")
    found = _needed(who.cluster, digest)
    if found is None:
        return refusal(404, "No job that waits to be submitted needs this package.")
    piece = piece_of(found.pk, offset=int(offset))
    return HttpResponse(piece, content_type="application/octet-stream")


def _needed(cluster: Cluster, digest: str) -> CodePackage | None:
    """Return the package, of the cluster's team, that an open command of this run names."""
    commands = cluster.commands.filter(
        run=cluster.run_id,
        kind=Command.Kind.SUBMIT_JOB,
        finished_at=None,
        body__package__digest=digest,
    )
    if not commands.exists():
        return None
    return CodePackage.objects.filter(team=cluster.team_id, digest=digest).first()
