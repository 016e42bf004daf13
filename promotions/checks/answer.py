from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.promotions.checks import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a check found: the verdict, a sentence, and what both rest on."""

    verdict: Verdict
    summary: str
    answer: Mapping[str, Any] = field(default_factory=dict)


def passed(summary: str, **answer: Any) -> Answer:
    """Return that nothing is wrong."""
    return Answer(verdict=Verdict.PASSED, summary=summary, answer=answer)


def warning(summary: str, **answer: Any) -> Answer:
    """Return that an approver should look at something."""
    return Answer(verdict=Verdict.WARNING, summary=summary, answer=answer)


def failed(summary: str, **answer: Any) -> Answer:
    """Return that the request cannot go on like this."""
    return Answer(verdict=Verdict.FAILED, summary=summary, answer=answer)


def skipped(summary: str, **answer: Any) -> Answer:
    """Return that the question has no answer here, and why."""
    return Answer(verdict=Verdict.SKIPPED, summary=summary, answer=answer)
