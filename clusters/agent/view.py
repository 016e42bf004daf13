"""Where head agents report: /agent/v1/sync."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clusters.agent.credentials import credentials, sender
from clusters.agent.reading import TooLarge, Unreadable, read_report
from clusters.agent.sync import BadReport, RunOver, apply_report, is_over
from clusters.models import Cluster


@csrf_exempt  # no cookie is involved: the token is in the header
@login_not_required
@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    """Take one report: authenticate from the headers, then read.

    400 unreadable, 401 no such token, 410 nothing left to do, 413 too large. The rate limits
    (429) are in front of Django, in `mobula.edge`.
    """
    who = sender(credentials(request.headers))
    if who is None:
        return _error(401, "Unknown cluster or wrong token.")
    if not who.current or is_over(who.cluster):
        return _error(410, "This run of the cluster has ended.")
    return _answered(request, who.cluster)


def _answered(request: HttpRequest, cluster: Cluster) -> HttpResponse:
    try:
        encoding = request.headers.get("Content-Encoding", "")
        report = read_report(request.body, encoding=encoding)
        if report.get("cluster") != str(cluster.pk):
            return _error(401, "Unknown cluster or wrong token.")
        if report.get("run") != cluster.run.number:
            raise RunOver
        return JsonResponse(apply_report(cluster, report))
    except RequestDataTooBig:
        return _error(413, "The report is too large.")
    except TooLarge as error:
        return _error(413, str(error))
    except (Unreadable, BadReport) as error:
        return _error(400, str(error))
    except RunOver:
        return _error(410, "This run of the cluster has ended.")


def _error(status: int, sentence: str) -> HttpResponse:
    return JsonResponse({"error": sentence}, status=status)
