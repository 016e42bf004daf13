"""What pages ask of metering. Nothing here reads raw samples, or hours of cost over all clusters.

Metering knows no users: the caller passes the teams and clusters that the reader may see.
"""

from metering.queries.cluster_use import UseLine, UseOrder, UsePage, cluster_uses
from metering.queries.cost import cost_by_day, cost_by_node, totals_by_group, unpriced_hours
from metering.queries.cost_terms import (
    OTHERS,
    Cost,
    CostFilter,
    CostRow,
    CostTable,
    GroupBy,
    GroupTotal,
    Step,
)
from metering.queries.levels import Scope
from metering.queries.running import RunningCost, accrued, accrued_since, running_costs
from metering.queries.utilization import (
    Series,
    Spread,
    UseOverTime,
    Utilization,
    last_samples,
    use_over_time,
    utilization_by_cluster,
    utilization_by_node,
    utilization_series,
)
from metering.queries.waste import Waste, waste_by_node

__all__ = [
    "OTHERS",
    "Cost",
    "CostFilter",
    "CostRow",
    "CostTable",
    "GroupBy",
    "GroupTotal",
    "RunningCost",
    "Scope",
    "Series",
    "Spread",
    "Step",
    "UseLine",
    "UseOrder",
    "UseOverTime",
    "UsePage",
    "Utilization",
    "Waste",
    "accrued",
    "accrued_since",
    "cluster_uses",
    "cost_by_day",
    "cost_by_node",
    "last_samples",
    "running_costs",
    "totals_by_group",
    "unpriced_hours",
    "use_over_time",
    "utilization_by_cluster",
    "utilization_by_node",
    "utilization_series",
    "waste_by_node",
]
