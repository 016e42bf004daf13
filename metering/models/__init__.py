from metering.models.intake import Cursor, Intake, PendingBucket
from metering.models.ledger import PARTS, CostDay, CostHour, Interval
from metering.models.rates import RateCardVersion

__all__ = [
    "PARTS",
    "CostDay",
    "CostHour",
    "Cursor",
    "Intake",
    "Interval",
    "PendingBucket",
    "RateCardVersion",
]
