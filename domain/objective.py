"""What plans are compared by beside their price: starts, or interruptions."""

from enum import StrEnum

from domain.offerings import Market

# Each node runs an agent and Ray's own processes: of two plans at one price, that with fewer nodes.
NODE_OVERHEAD_USD = 0.0001
# About a tenth of what 2 CPUs with 8 GiB cost. Work that needs all its nodes waits for the slowest
# of them to start, and each of them pulls the image: fewer, larger ones are ready sooner.
SPEED_NODE_USD = 0.01
# A market that has no spot just now is asked in vain, and another one after it.
SPOT_ASKS = 2
# By AWS's Spot Instance Advisor, below 5 % to above 20 % of a type's machines are interrupted in a
# month. That is few lost hours; the part stands for what is not metered: work since the last
# checkpoint, the wait for another machine, whoever looks after it. A choice, not a measurement.
STEADY_SPOT_PART = 0.2


class Objective(StrEnum):
    """What is weighed beside the price: nothing, how soon all of it runs, how seldom it is cut."""

    COST = "cost"
    SPEED = "speed"
    STEADY = "steady"


def start_usd(objective: Objective, *, market: Market) -> float:
    """Return what it counts for to have one more node, in dollars an hour."""
    if objective is not Objective.SPEED:
        return NODE_OVERHEAD_USD
    return SPEED_NODE_USD * (SPOT_ASKS if market is Market.SPOT else 1)


def interruption_usd(
    objective: Objective, *, market: Market, on_demand_usd: float, at_risk: bool = False
) -> float:
    """Return what it counts for that a node may be taken away, in dollars an hour.

    With any objective it counts where the provider says that it takes such machines back soon:
    another pool at about the same price is taken instead, and this one where there is no other.
    """
    if market is not Market.SPOT:
        return 0
    reasons = (objective is Objective.STEADY) + at_risk
    return STEADY_SPOT_PART * on_demand_usd * reasons


def spot_extra_usd(objective: Objective, *, on_demand_usd: float) -> float:
    """Return what a node counts for more as spot than on demand, beside the two prices."""
    starts = start_usd(objective, market=Market.SPOT)
    starts -= start_usd(objective, market=Market.ON_DEMAND)
    return starts + interruption_usd(objective, market=Market.SPOT, on_demand_usd=on_demand_usd)
