"""Launch the cluster of a test run."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from accounts.errors import ServiceError
from clusters.services.launching import launch_test_cluster
from clusters.test_runs.limits import exceeded_time
from configurations.launch_checks import Launchable
from configurations.services.launch_checks import check_launch
from domain.failures import brief
from domain.promotions.checks import Verdict
from domain.promotions.states import TestRunState
from promotions.checks.launching import check_cloud
from promotions.environments import overlay_of
from promotions.models import TestRun
from promotions.transitions import move_test_run
from providers.base import ProviderError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a launch needs, why there can be none, or why it must be tried again."""

    ready: Launchable | None = None
    refusal: str = ""
    delay: str = ""


def prepare(run_id: int) -> Prepared | None:
    """Return what the launch of a wanted run needs; None for a run that is past it.

    This asks the driver, so it is called outside of transactions.
    """
    rows = TestRun.objects.select_related(
        *("request__author", "request__environment", "request__version", "request__team"),
        "request__settings__environment",
    )
    run = rows.filter(pk=run_id, state=TestRunState.WANTED).first()
    if run is None:
        return None
    if run.waits_for_code:
        return Prepared(delay=run.summary or "Its code is not fetched yet.")
    try:
        ready = check_launch(
            run.version,
            environment=run.environment,
            overlay=overlay_of(run.request.settings),
            by=run.request.author,
        )
        cloud = check_cloud(run.request)
    except ServiceError as refusal:
        return Prepared(refusal=" ".join(refusal.messages))
    except ProviderError as error:
        log.info("test run waits", extra={"run": run_id, "why": str(error)})
        text = brief(str(error))
        return Prepared(delay=text) if error.retryable else Prepared(refusal=text)
    if cloud.verdict == Verdict.FAILED:
        return Prepared(refusal=cloud.summary)
    return Prepared(ready=ready)


def launch(run: TestRun, prepared: Prepared | None, *, now: datetime) -> None:
    """Launch the run's cluster, whatever is released in its environment, and note it."""
    if prepared is None:
        return  # it became wanted since it was prepared
    if prepared.refusal:
        _fail(run, prepared.refusal)
    elif reason := exceeded_time(run, doing="its cluster was not launched", now=now):
        _fail(run, f"{reason} {prepared.delay}".rstrip())
    elif prepared.ready is not None:
        _launch(run, prepared.ready)


def _launch(run: TestRun, ready: Launchable) -> None:
    try:
        cluster = launch_test_cluster(ready, run=run, by=run.request.author)
    except ServiceError as refusal:
        _fail(run, " ".join(refusal.messages))
        return
    move_test_run(
        run, TestRunState.STARTING, summary=f"{cluster} is starting.", cluster_id=cluster.pk
    )


def _fail(run: TestRun, reason: str) -> None:
    move_test_run(run, TestRunState.FAILED, summary=f"No cluster was launched: {reason}")
