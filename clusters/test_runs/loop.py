"""Take test runs forward: level-triggered, so a step may come twice, late, or be killed.

Each call looks at one run in one transaction, with its row and its request's locked, and takes the
next step. What a step writes on the run, its cluster and its job is written together or not at all.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from clusters.test_runs.ending import end, keep
from clusters.test_runs.launching import Prepared, launch, prepare
from clusters.test_runs.running import submit_when_running, watch_workload
from domain.promotions.states import OPEN_STATES, OPEN_TEST_RUN_STATES, TestRunState
from promotions.models import TestRun
from promotions.transitions import move_test_run

MOST_DUE = 200


def due() -> list[int]:
    """Return the ids of the runs that are not over, or whose cluster is not gone yet."""
    rows = TestRun.objects.filter(settled_at=None).order_by("wanted_at")
    return list(rows.values_list("pk", flat=True)[:MOST_DUE])


def advance(run_id: int) -> None:
    """Take the run a step forward; once it is over, its cluster is terminated."""
    prepared = prepare(run_id)
    with transaction.atomic():
        run = _locked(run_id)
        if run is None:
            return  # another worker has it, or it is settled
        _step(run, prepared)
        if run.state in OPEN_TEST_RUN_STATES:
            keep(run)
        else:
            end(run)


def _locked(run_id: int) -> TestRun | None:
    # Whoever cancels runs holds the request first: this waits for neither.
    rows = TestRun.objects.select_for_update(of=("self", "request"), skip_locked=True)
    of_run = (
        "request__author",
        "request__environment",
        "request__settings",
        "version__template__team",
    )
    return rows.select_related(*of_run).filter(pk=run_id, settled_at=None).first()


def _step(run: TestRun, prepared: Prepared | None) -> None:
    if run.state not in OPEN_TEST_RUN_STATES:
        return
    if reason := _why_unwanted(run):
        move_test_run(run, TestRunState.CANCELED, summary=reason)
    elif run.state == TestRunState.WANTED:
        launch(run, prepared, now=now())
    elif run.state == TestRunState.STARTING:
        submit_when_running(run, now=now())
    else:
        watch_workload(run, now=now())


def _why_unwanted(run: TestRun) -> str:
    """Return why nobody needs the result any more, or ""."""
    request = run.request
    if request.state not in OPEN_STATES:
        return f"The change request is {request.state}."
    return "" if run.round == request.round else "The checks began again."
