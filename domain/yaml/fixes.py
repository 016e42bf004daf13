"""One-click fixes: what a problem proposes, done to the text."""

from collections.abc import Iterable

from domain.problems import Fix, Problem
from domain.yaml.edit import stepped
from domain.yaml.text import modernised


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
