"""One-click fixes: what a problem proposes, done to the text."""

from collections.abc import Iterable

from domain.problems import Fix, Problem
from domain.yamledit import stepped
from domain.yamltext import modernised


def apply(text: str, fix: Fix) -> str:
    """The text with the fix made, comments kept; unchanged where the fix no longer fits."""
    text = modernised(text)
    return (stepped(text, fix.steps) or text) if fix.steps else text


def apply_all(text: str, problems: Iterable[Problem]) -> str:
    """The text with every fix of these problems made, one after the other."""
    for problem in problems:
        if problem.fix is not None:
            text = apply(text, problem.fix)
    return text
