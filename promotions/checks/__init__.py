"""The checks of a change request: each answers one question, from what is known now."""

from promotions.checks.answer import Answer
from promotions.checks.run import kinds_for, run_check

__all__ = ["Answer", "kinds_for", "run_check"]
