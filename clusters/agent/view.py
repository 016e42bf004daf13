"""Where head agents report: /agent/v1/sync."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clusters.agent.credentials import credentials
from clusters.agent.reading import TooLarge, Unreadable, read_report
from clusters.agent.sync import BadReport, RunOver, take_report
from clusters.agent.unchanged import Speaker, speaker


@csrf_exempt  # no cookie is involved: the token is in the header
@login_not_required
@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    """Take one report: authenticate from the headers, then read.

    400 unreadable, 401 no such token, 410 nothing left to do, 413 too large. The rate limits
    (429) are in front of Django, in `mobula.edge`.
    """
    who = speaker(credentials(request.headers))
    if who is None:
        return refusal(401, "Unknown cluster or wrong token.")
    if not who.is_current or who.is_over:
        return refusal(410, "This run of the cluster has ended.")
    return _answered(request, who)


def _answered(request: HttpRequest, who: Speaker) -> HttpResponse:
    try:
        encoding = request.headers.get("Content-Encoding", "")
        report = read_report(request.body, encoding=encoding)
        if report.get("cluster") != str(who.cluster_id):
            return refusal(401, "Unknown cluster or wrong token.")
        if report.get("run") != who.number:
            raise RunOver
        return JsonResponse(take_report(who, report))
    except RequestDataTooBig:
        return refusal(413, "The report is too large.")
    except TooLarge as error:
        return refusal(413, str(error))
    except (Unreadable, BadReport) as error:
        return refusal(400, str(error))
    except RunOver:
        return refusal(410, "This run of the cluster has ended.")


def refusal(status: int, sentence: str) -> HttpResponse:
    """Return an answer that takes nothing, with the reason as JSON."""
    return JsonResponse({"error": sentence}, status=status)
