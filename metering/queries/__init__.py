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
from metering.queries.utilisation import (
    Series,
    Utilisation,
    last_samples,
    utilisation_by_cluster,
    utilisation_by_node,
    utilisation_series,
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
    "Utilisation",
    "accrued",
    "accrued_since",
    "cost_by_day",
    "cost_by_node",
    "last_samples",
    "running_costs",
    "unpriced_hours",
    "utilisation_by_cluster",
    "utilisation_by_node",
    "utilisation_series",
]
