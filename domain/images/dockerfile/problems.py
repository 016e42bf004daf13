"""What is wrong with a Dockerfile, at which line, and what one click does about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.problems import Severity


@dataclass(frozen=True, slots=True)
class Edit:
    """What one click does: the lines from `first` to `last` become `text`.

    Where `last` is before `first`, `text` is put before `first`.
    """

    label: str
    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerfileProblem:
    """One mistake, at a line counted from 1; None for the whole."""

    code: str
    severity: Severity
    message: str
    hint: str = ""
    line: int | None = None
    edit: Edit | None = None
    pins: tuple[str, ...] = ()  # requirements whose versions a package index knows

    @property
    def key(self) -> str:
        """What a form names it by, among the problems of one text."""
        return f"{self.code}:{self.line or 0}"

    @property
    def fix_label(self) -> str:
        """What a click on Fix does; "" where nothing does."""
        if self.edit:
            return self.edit.label
        return "Pin to the newest versions" if self.pins else ""


def stops_build(problems: Iterable[DockerfileProblem]) -> bool:
    """Return whether one of them must be mended before a build."""
    return any(problem.severity is Severity.ERROR for problem in problems)


def edited(text: str, edit: Edit) -> str:
    """Return the Dockerfile after a click on the fix."""
    lines = text.split("\n")
    lines[edit.first - 1 : max(edit.last, edit.first - 1)] = edit.text.split("\n")
    return "\n".join(lines)
