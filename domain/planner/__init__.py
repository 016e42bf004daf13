"""Which machines to rent and which to give back, with the reason of each."""

from domain.planner.model import (
    Drain,
    Group,
    Launch,
    NodeView,
    Offer,
    Pack,
    Plan,
    PlanRequest,
    Unserved,
)
from domain.planner.plan import plan

__all__ = [
    "Drain",
    "Group",
    "Launch",
    "NodeView",
    "Offer",
    "Pack",
    "Plan",
    "PlanRequest",
    "Unserved",
    "plan",
]
