"""Which machines to rent and which to give back, with the reason of each."""

from domain.planner.model import (
    Drain,
    Launch,
    NodeView,
    Offer,
    Pack,
    Plan,
    PlannedGroup,
    PlanRequest,
    Unserved,
)
from domain.planner.plan import plan

__all__ = [
    "Drain",
    "Launch",
    "NodeView",
    "Offer",
    "Pack",
    "Plan",
    "PlanRequest",
    "PlannedGroup",
    "Unserved",
    "plan",
]
