from metering.models.intake import Cursor, Intake, PendingBucket
from metering.models.ledger import PARTS, CostDay, CostHour, CostMonth, CostTeamDay, Interval
from metering.models.rates import RateCardVersion
from metering.models.use import ClusterUse, MeteredCluster, UseWindow

__all__ = [
    "PARTS",
    "ClusterUse",
    "CostDay",
    "CostHour",
    "CostMonth",
    "CostTeamDay",
    "Cursor",
    "Intake",
    "Interval",
    "MeteredCluster",
    "PendingBucket",
    "RateCardVersion",
    "UseWindow",
]
