"""What the page of one change request shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.timezone import now

from accounts.requests import SignedInRequest
from configurations.comparison import TONES
from domain.configuration.effects import Effect
from domain.promotions.checks import CheckKind
from domain.promotions.phases import phases
from domain.promotions.price_changes import price_changes
from domain.promotions.states import OPEN_TEST_RUN_STATES, RequestState
from domain.promotions.workloads import WORKLOAD_CHOICES
from promotions import queries
from promotions.decisions import decisions_on
from promotions.forms.requests import CommentForm
from promotions.models import ChangeRequest, CheckResult, Release, Step, TestRun
from promotions.progress import blocked_by
from tables.sides import side_by_side


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """A check as the page shows it; without a verdict it runs."""

    kind: CheckKind
    verdict: str
    summary: str
    answer: str  # what it rests on, as JSON
    at: datetime | None
    is_blocking: bool


def review_context(
    request: SignedInRequest, change: ChangeRequest, *, comment: CommentForm | None = None
) -> dict[str, Any]:
    """Return what the whole page shows, with the difference line by line."""
    base = queries.base_of(change)
    old, new = (base.text if base else ""), change.version.text
    return {
        **live_context(request, change, seen=change.digest),
        "crumbs": [("Change requests", reverse("promotions:requests"))],
        "template": change.template,
        "base": base,
        "pairs": list(side_by_side(old, new)) if base else [],
        "comment_form": comment or CommentForm(),
    }


def live_context(request: SignedInRequest, change: ChangeRequest, *, seen: str) -> dict[str, Any]:
    """Return what changes while the page is open; `seen` is the digest that was shown at first."""
    approvals = list(change.approvals.select_related("user"))
    steps = list(change.steps.select_related("actor"))
    checks = queries.checks_of(change)
    release = _release_of(change)
    rollback = change.rollbacks.first() if not change.is_open else None
    return {
        "change": change,
        # What failed is over once the last good release is back, or cannot be brought back.
        "is_over": not change.is_open and not (rollback and rollback.is_open),
        "seen": seen,
        "is_stale": change.is_open and bool(change.digest) and seen != change.digest,
        "phases": _phases(steps),
        "steps": steps[::-1],
        "changes": _changes(change),
        "effect_tone": _tone(change.evidence.get("effect", "")),
        "prices": price_changes(
            change.evidence.get("prices_before", {}), change.evidence.get("prices", {})
        ),
        "checks": _check_lines(change, checks),
        "skipped": [CheckKind(kind).label for kind in change.skipped],
        "test_run": _test_run(change),
        "rollouts": list(change.rollouts.all()),
        "approvals": approvals,
        "standing": queries.standing_of(change),
        "groups": queries.approver_groups(change.environment),
        "comments": list(change.comments.select_related("author")),
        "can": decisions_on(change, user=request.user, approvals=approvals, release=release),
        "release": release,
        "rollback": rollback,
    }


def _release_of(change: ChangeRequest) -> Release | None:
    return getattr(change, "release", None)


def _phases(steps: Sequence[Step]) -> list[Any]:
    return phases([(RequestState(step.to_state), step.at) for step in steps], at=now())


def _changes(change: ChangeRequest) -> list[dict[str, str]]:
    """Return what changes in words, each with the tone of its effect."""
    rows = change.evidence.get("changes", [])
    return [{**row, "tone": _tone(row["effect"])} for row in rows]


def _tone(effect: str) -> str:
    return TONES[Effect(effect)] if effect in set(Effect) else "quiet"


def _check_lines(change: ChangeRequest, checks: Sequence[CheckResult]) -> list[CheckLine]:
    blocking = set(blocked_by(change)) if change.state == RequestState.BLOCKED else set()
    return [
        CheckLine(
            kind=CheckKind(check.kind),
            verdict=check.verdict,
            summary=check.summary,
            answer=json.dumps(check.answer, indent=2, ensure_ascii=False) if check.answer else "",
            at=check.answered_at,
            is_blocking=CheckKind(check.kind) in blocking,
        )
        for check in checks
    ]


def _test_run(change: ChangeRequest) -> TestRun | None:
    """Return the newest test run, with its workload in words."""
    run = change.test_runs.order_by("-pk").first()
    if run is not None:
        run.label = WORKLOAD_CHOICES.get(run.workload, run.workload)  # type: ignore[attr-defined]
        run.is_open = run.state in OPEN_TEST_RUN_STATES  # type: ignore[attr-defined]
    return run
