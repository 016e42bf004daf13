"""What a launch would ask of a cloud, and the rounds of checks that find out whether it has it."""

from configurations.preflight.rounds import Question, ask, checked_with, question_of, recent
from configurations.preflight.wanted import wanted_of

__all__ = ["Question", "ask", "checked_with", "question_of", "recent", "wanted_of"]
