"""What pages ask of metering. Nothing here reads raw samples, or hours of cost over all clusters.

Metering knows no users: the caller passes the teams and clusters that the reader may see.
"""

from metering.queries.cost import (
    OTHERS,
    Cost,
    CostFilter,
    CostRow,
    CostTable,
    GroupBy,
    GroupTotal,
    cost_by_day,
    cost_by_node,
    unpriced_hours,
)
from metering.queries.running import RunningCost, accrued, accrued_since, running_costs
from metering.queries.utilization import (
    Series,
    Utilization,
    last_samples,
    utilization_by_cluster,
    utilization_by_node,
    utilization_series,
)

__all__ = [
    "OTHERS",
    "Cost",
    "CostFilter",
    "CostRow",
    "CostTable",
    "GroupBy",
    "GroupTotal",
    "RunningCost",
    "Series",
    "Utilization",
    "accrued",
    "accrued_since",
    "cost_by_day",
    "cost_by_node",
    "last_samples",
    "running_costs",
    "unpriced_hours",
    "utilization_by_cluster",
    "utilization_by_node",
    "utilization_series",
]
