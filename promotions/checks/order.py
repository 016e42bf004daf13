"""Whether it is this version's turn: change windows, the previous environment, test workloads."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now

from domain.promotions.states import TestRunState
from domain.promotions.windows import opening_at
from promotions.checks.answer import Answer, failed, passed, skipped, warning
from promotions.environments import previous_of, windows_of
from promotions.models import ChangeRequest, Release


def check_window(request: ChangeRequest) -> Answer:
    """Say whether the environment may be changed now; a closed window makes a request wait."""
    windows = windows_of(request.environment)
    if not windows:
        return skipped(f"{request.environment} has no change windows.")
    opening = opening_at(windows, now())
    if opening.allowed:
        return passed(opening.reason)
    if opening.next_allowed is None:
        return failed(f"{opening.reason} No time in the next 35 days allows them.")
    at = opening.next_allowed.isoformat()
    return warning(f"{opening.reason} The change is applied once they are.", next=at)


def check_previous(request: ChangeRequest) -> Answer:
    """Check that the version was verified in the environment before, and ran there long enough."""
    environment = request.environment
    previous = previous_of(environment)
    if not environment.needs_previous or previous is None:
        return skipped(f"{environment} does not ask for another environment first.")
    release = (
        Release.objects.filter(
            environment=previous, version=request.version, verified_at__isnull=False
        )
        .order_by("-number")
        .first()
    )
    if release is None or release.verified_at is None:
        return failed(f"{request.version} has not been verified in {previous}. Release it there.")
    if release.failed_at:
        return failed(f"{request.version} was rolled back in {previous}.")
    soaked = (release.replaced_at or now()) - release.verified_at
    needed = timedelta(minutes=environment.soak_minutes)
    if soaked < needed:
        left = -(-(needed - soaked).total_seconds() // 60)
        return failed(
            f"{request.version} has run in {previous} for {int(soaked.total_seconds() // 60)} of "
            f"{environment.soak_minutes} minutes. Check again in {left:.0f} minutes.",
        )
    return passed(f"Verified in {previous}.", verified_at=release.verified_at.isoformat())


def check_test_workload(request: ChangeRequest) -> Answer | None:
    """Return how the round's test workload ended; None while it runs."""
    if not request.environment.workload:
        return skipped(f"{request.environment} does not ask for a test workload.")
    run = request.test_runs.filter(round=request.round).first()
    if run is None or run.ended_at is None:
        return None
    facts: dict[str, object] = {"run": run.pk, "cost_usd": str(run.cost_usd or "")}
    if run.code:
        facts["code"] = run.code
    if run.state == TestRunState.PASSED:
        return passed(run.summary or "The test workload succeeded.", **facts)
    return failed(run.summary or f"The test workload {run.state}.", **facts)
