from metering.models.balances import CostAccount, CostBalance
from metering.models.intake import Cursor, Intake, PendingBucket
from metering.models.ledger import (
    PARTS,
    CostDay,
    CostHour,
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
    "CostAccount",
    "CostBalance",
    "CostDay",
    "CostHour",
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
