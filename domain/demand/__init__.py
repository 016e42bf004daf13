"""What Ray waits for, as the head agent reports it: shapes, placement groups, standing requests."""

from domain.demand.model import (
    Bundle,
    Demand,
    Gang,
    LabelSelector,
    Operator,
    Resources,
    Selectors,
    Shape,
    Strategy,
    describe,
    plain_bundles,
)
from domain.demand.report import UnreadableDemand, demand_from_report

__all__ = [
    "Bundle",
    "Demand",
    "Gang",
    "LabelSelector",
    "Operator",
    "Resources",
    "Selectors",
    "Shape",
    "Strategy",
    "UnreadableDemand",
    "demand_from_report",
    "describe",
    "plain_bundles",
]
