"""The test run that a round of checks wants, and the code that has to be fetched for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.timezone import now

from domain.promotions.checks import CheckKind
from domain.promotions.code import CodeOrigin
from domain.promotions.states import TestRunState
from domain.promotions.workloads import COMMAND
from promotions.code.fetching import MOST_ATTEMPTS, fail_run
from promotions.code.packages import facts_of
from promotions.models import ChangeRequest, Environment, TestRun

# After that, code that a worker began to fetch and did not bring is fetched again.
FETCH_TIMEOUT = timedelta(seconds=90)


def want_test_run(request: ChangeRequest) -> None:
    """Have the request's version tested once a round, if its environment asks for that."""
    environment = request.environment
    if not environment.workload or CheckKind.TEST_WORKLOAD.value in request.skipped:
        return
    is_command = environment.workload == COMMAND
    TestRun.objects.get_or_create(
        request=request,
        round=request.round,
        defaults={
            "version": request.version,
            "environment": environment.name,
            "workload": environment.workload,
            "command": environment.workload_command if is_command else "",
            **(_code_of(environment) if is_command else {}),
            "max_minutes": environment.workload_minutes,
            "max_usd": environment.workload_usd,
        },
    )


def _code_of(environment: Environment) -> dict[str, Any]:
    """Return the code of a run that begins now; what Git has of it is pinned when it is fetched."""
    origin, package = environment.workload_code, environment.workload_package
    if origin == CodeOrigin.ZIP and package is not None:
        name = environment.workload_zip_name
        return {"code": {"origin": origin, "name": name, **facts_of(package)}, "package": package}
    if origin == CodeOrigin.GIT:
        place = {
            "url": environment.workload_git_url,
            "ref": environment.workload_git_ref,
            "folder": environment.workload_git_folder,
        }
        return {"code": {"origin": origin, **place}}
    return {}


def runs_to_fetch(request: ChangeRequest) -> list[int]:
    """Return the run whose code no worker is fetching, and note that one will."""
    run = request.test_runs.filter(round=request.round, state=TestRunState.WANTED).first()
    if run is None or not run.waits_for_code:
        return []
    if run.fetch_asked_at is not None and run.fetch_asked_at > now() - FETCH_TIMEOUT:
        return []
    if run.fetch_attempts >= MOST_ATTEMPTS:
        fail_run(run, f"No worker finished to fetch its code, {MOST_ATTEMPTS} times.")
        return []
    TestRun.objects.filter(pk=run.pk).update(
        fetch_asked_at=now(), fetch_attempts=run.fetch_attempts + 1
    )
    return [run.pk]
