"""Checks of a cloud before a launch: what is asked, by whom, and what came of it."""

from providers.preflight.answers import (
    CheckAnswer,
    Finding,
    Outcome,
    failed,
    passed,
    skipped,
    warned,
)
from providers.preflight.running import LIMIT_SECONDS, PlannedCheck, run_checks
from providers.preflight.wanted import Preflight, Wanted, WantedGroup, as_plain, from_plain

__all__ = [
    "LIMIT_SECONDS",
    "CheckAnswer",
    "Finding",
    "Outcome",
    "PlannedCheck",
    "Preflight",
    "Wanted",
    "WantedGroup",
    "as_plain",
    "failed",
    "from_plain",
    "passed",
    "run_checks",
    "skipped",
    "warned",
]
