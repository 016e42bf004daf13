"""A week of work, replayed: what a policy of scaling would have cost, and who would have waited."""

from domain.simulation.outcome import ReplayOutcome
from domain.simulation.replay import Scenario, simulate
from domain.simulation.work import Arrival

__all__ = ["Arrival", "ReplayOutcome", "Scenario", "simulate"]
