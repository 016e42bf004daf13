"""One-click fixes: what a problem proposes, done to the text.

A fix is safe, or a suggestion that a person must choose: see `domain.yaml.safety`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from domain.problems import Fix, Problem
from domain.yaml.edit import stepped
from domain.yaml.safety import is_safe
from domain.yaml.text import modernised, parse

ROUNDS = 5
"""A fix may let a further mistake be seen, whose fix is made in the next round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A text with all its safe fixes made."""

    text: str
    made: tuple[Problem, ...]  # the problems that they solved
    left: tuple[Problem, ...]  # all that is wrong with the text now, suggestions among it


def apply(text: str, fix: Fix) -> str:
    """The text with the fix made, comments kept; unchanged where the fix no longer fits."""
    text = modernised(text)
    return (stepped(text, fix.steps) or text) if fix.steps else text


def apply_all(text: str, problems: Iterable[Problem]) -> str:
    """The text with every fix of these problems made; what no longer fits is left as it is.

    The last problem's comes first: taking an item out of a list moves those behind it.
    """
    fixes = [problem.fix for problem in problems if problem.fix is not None]
    if not fixes:
        return text
    text = modernised(text)
    steps = [step for fix in reversed(fixes) for step in fix.steps]
    return stepped(text, steps, must_fit=False) or text


def with_safe_fixes(text: str, check: Callable[[str], Sequence[Problem]]) -> Fixed:
    """The text after its safe fixes, round after round; `check` finds what is wrong with one."""
    made: list[Problem] = []
    problems = check(text)
    for _ in range(ROUNDS):
        safe = safely_fixed(text, problems)
        after = apply_all(text, safe)
        if after == text:
            break
        made += safe
        text, problems = after, check(after)
    return Fixed(text=text, made=tuple(made), left=tuple(problems))


def safely_fixed(text: str, problems: Sequence[Problem]) -> list[Problem]:
    """The problems whose fixes lose nothing that was meant."""
    fixed = [problem for problem in problems if problem.fix is not None]
    if not fixed:
        return []
    document = parse(modernised(text)).document
    return [problem for problem in fixed if problem.fix and is_safe(problem.fix, document)]
