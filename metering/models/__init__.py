from metering.models.intake import Cursor, Intake, PendingBucket
from metering.models.ledger import (
    PARTS,
    CostDay,
    CostHour,
    CostMonth,
    CostScopeDay,
    CostTeamDay,
    Interval,
    Scope,
)
from metering.models.rates import RateCardVersion
from metering.models.use import ClusterUse, MeteredCluster, UseWindow

__all__ = [
    "PARTS",
    "ClusterUse",
    "CostDay",
    "CostHour",
    "CostMonth",
    "CostScopeDay",
    "CostTeamDay",
    "Cursor",
    "Intake",
    "Interval",
    "MeteredCluster",
    "PendingBucket",
    "RateCardVersion",
    "Scope",
    "UseWindow",
]
