"""The checks of a change request: each answers one question, from what is known now."""

from promotions.checks.answer import Answer
from promotions.checks.run import answer_of, carry_out, kinds_for, run_check

__all__ = ["Answer", "answer_of", "carry_out", "kinds_for", "run_check"]
