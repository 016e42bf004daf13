from __future__ import annotations

import logging

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from promotions import mail, progress
from promotions.checks import run_check
from promotions.code import fetching, packages
from promotions.models import CheckResult

log = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Ask for every request that is due: a lost message costs seconds, not a request."""
    for request_id in progress.due():
        advance_request.apply_async((request_id,), expires=10)


@shared_task  # type: ignore[untyped-decorator]
def advance_request(request_id: int) -> None:
    wanted = progress.advance(request_id)
    for check_id in wanted.checks:
        make_check.apply_async((check_id,), expires=60)
    for run_id in wanted.code:
        fetch_code.apply_async((run_id,), expires=60)
    if wanted.mail:
        mail_approvers.apply_async((request_id,), expires=25)


@shared_task  # type: ignore[untyped-decorator]
def make_check(check_id: int) -> None:
    check = (
        CheckResult.objects.select_related(
            "request__team", "request__environment__team", "request__version", "request__template"
        )
        .filter(pk=check_id)
        .first()
    )
    if check and run_check(check):
        advance_request(check.request_id)


@shared_task  # type: ignore[untyped-decorator]
def fetch_code(run_id: int) -> None:
    fetching.fetch_code(run_id)


@shared_task  # type: ignore[untyped-decorator]
def drop_packages() -> None:
    if count := packages.drop_unused():
        log.info("code packages dropped", extra={"count": count})


@shared_task  # type: ignore[untyped-decorator]
def mail_approvers(request_id: int) -> None:
    mail.write_to_approvers(request_id)


def ask_on_commit(request_id: int) -> None:
    """Have a worker look at the request once the transaction is through."""
    transaction.on_commit(lambda: _ask(request_id))


def _ask(request_id: int) -> None:
    try:
        advance_request.apply_async((request_id,), expires=10, retry=False)
    except (OperationalError, OSError) as error:
        # It is due in the database: the next sweep finds it.
        log.warning("broker unavailable", extra={"request": request_id, "why": str(error)})
