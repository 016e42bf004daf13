"""Fetch the code of a test run from Git, once: its commit and its digest stay with the run."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from domain.promotions.archives import BadArchive
from domain.promotions.code import GitSource
from domain.promotions.states import TestRunState
from promotions.code import git, packages
from promotions.models import ChangeRequest, TestRun
from promotions.transitions import move_test_run

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
_AGAIN = timedelta(seconds=10)


def fetch_code(run_id: int) -> None:
    """Fetch what a wanted run still lacks, and keep it; a run that has its code keeps it.

    It may run twice and late: the first that brings the code decides which commit is tested.
    """
    run = _waiting(run_id)
    if run is None:
        return
    source = GitSource(**{name: run.code[name] for name in ("url", "ref", "folder")})
    try:
        found = git.fetch(source)
        with transaction.atomic():
            _keep(run, found)
    except git.GitError as error:
        _failed(run, str(error), retryable=error.retryable)
    except BadArchive as error:
        _failed(run, f"{source} cannot be used. {error}", retryable=False)


def _waiting(run_id: int) -> TestRun | None:
    rows = TestRun.objects.select_related("request__team")
    run = rows.filter(pk=run_id, state=TestRunState.WANTED).first()
    return run if run and run.waits_for_code else None


def _keep(run: TestRun, found: git.Checkout) -> None:
    package = packages.store(run.request.team, found.files)
    code = {**run.code, "commit": found.commit, **packages.facts_of(package)}
    rows = TestRun.objects.filter(pk=run.pk, state=TestRunState.WANTED, package=None)
    rows.update(package=package, code=code, summary="")


def _failed(run: TestRun, reason: str, *, retryable: bool) -> None:
    log.info("code not fetched", extra={"run": run.pk, "why": reason, "retryable": retryable})
    if not retryable or run.fetch_attempts >= MOST_ATTEMPTS:
        fail_run(run, reason)
        return
    words = f"Its code could not be fetched yet: {reason}"
    TestRun.objects.filter(pk=run.pk, state=TestRunState.WANTED).update(
        summary=words[:500], fetch_asked_at=None
    )
    # The request is looked at then, and asks for the code again.
    ChangeRequest.objects.filter(pk=run.request_id).update(wake_at=now() + _AGAIN)


def fail_run(run: TestRun, reason: str) -> None:
    """End a run that cannot have its code, before anything was launched for it."""
    move_test_run(run, TestRunState.FAILED, summary=f"No cluster was launched: {reason}")
