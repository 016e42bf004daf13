"""Which machines to rent and which to give back, with the reason of each."""

from domain.planner.first_fit import plan
from domain.planner.model import (
    Drain,
    Group,
    Launch,
    NodeView,
    Plan,
    PlanRequest,
    Unserved,
)

__all__ = ["Drain", "Group", "Launch", "NodeView", "Plan", "PlanRequest", "Unserved", "plan"]
