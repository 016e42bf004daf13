"""Mail to those who can approve a change request."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.timezone import now

from accounts.models import User
from domain.promotions.states import RequestState
from promotions.models import ChangeRequest
from promotions.permissions import counting_people

log = logging.getLogger(__name__)

TEXT = """\
{author} requests to release {version} in {environment} of team {team}: {title}
{changes}
{note}Review it: {link}
"""
_MOST_CHANGES = 10
RETRY = timedelta(seconds=30)


def write_to_approvers(request_id: int) -> int:
    """Write to everybody whose approval would count; return to how many.

    Once for each state of a request. Where the mail server cannot be reached, the request is asked
    for again within a minute.
    """
    rows = ChangeRequest.objects.select_related(
        "team", "environment", "version__template", "version__author", "author"
    )
    request = rows.filter(pk=request_id, state=RequestState.AWAITING_APPROVAL).first()
    if request is None or not _claim(request):
        return 0
    active, barred = counting_people(request)
    people = User.objects.filter(pk__in=active - barred).order_by("pk")
    addresses = list(people.values_list("email", flat=True))
    if not addresses:
        return 0
    subject = f"Approval needed: {request}"
    # Hidden copies: approvers need not learn each other's addresses.
    message = EmailMessage(subject=subject, body=_text(request), bcc=addresses)
    try:
        message.send()
    except OSError as error:  # of the network, and all of smtplib's
        later = now() + RETRY
        ChangeRequest.objects.filter(pk=request.pk).update(mailed_digest="", wake_at=later)
        log.warning("mail not sent", extra={"request": request.pk, "why": str(error)})
        return 0
    return len(addresses)


def _claim(request: ChangeRequest) -> bool:
    """Note that this state of the request is written about; False: another task does."""
    rows = ChangeRequest.objects.filter(pk=request.pk, digest=request.digest)
    return bool(rows.exclude(mailed_digest=request.digest).update(mailed_digest=request.digest))


def _text(request: ChangeRequest) -> str:
    changes = [change["words"] for change in request.evidence.get("changes", ())]
    lines = [f"- {words}" for words in changes[:_MOST_CHANGES]]
    if more := len(changes) - _MOST_CHANGES:
        lines += [f"- {more} more"] if more > 0 else []
    hotfix = f"Hotfix: skips {', '.join(request.skipped)}. {request.skip_reason}\n"
    return TEXT.format(
        author=request.author,
        version=request.version,
        environment=request.environment,
        team=request.team,
        title=request.title,
        changes="\n".join(lines),
        note=hotfix if request.is_hotfix else "",
        link=f"{settings.MOBULA_URL}/changes/{request.pk}/",
    )
