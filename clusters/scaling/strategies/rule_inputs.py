"""What a rule may ask about a group of a running cluster, as the rows say it now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from heapq import nlargest
from typing import Any

from django.utils.timezone import now

from clusters.models import Cluster, Node, Run
from domain.demand import Demand
from domain.lifecycle import STARTING_NODE_STATES, NodeState
from domain.pricing import usd_of
from domain.strategies.expression import Facts

_STORED = [field.name for field in fields(Facts) if field.name != "now"]
# Facts are kept with every sample, and user code may report thousands of names.
MOST_RESOURCES = 100


def facts_of(
    cluster: Cluster,
    *,
    group: str,
    nodes: Sequence[Node],
    demand: Demand,
    since: datetime | None,
    moment: datetime,
) -> Facts:
    """Return the facts for one group.

    `nodes` are all live nodes of the cluster; something has been waiting `since` then.
    """
    ours = [node for node in nodes if node.group.name == group]
    ready = [node for node in ours if node.state == NodeState.READY]
    coming = [node for node in ours if node.state in STARTING_NODE_STATES]
    idle = [node for node in ready if node.idle_since is not None]
    usd = usd_of(sum(node.hourly_microusd or 0 for node in nodes))
    return Facts(
        now=moment,
        pending=waiting_amounts(demand),
        queue=waiting_count(demand),
        queue_seconds=max(0.0, (moment - since).total_seconds()) if since else 0,
        nodes=len(ready) + len(coming),
        pending_nodes=len(coming),
        busy_nodes=len(ready) - len(idle),
        idle_nodes=len(idle),
        utilization=_held(ready, "CPU"),
        gpu_utilization=_held(ready, "GPU"),
        usd_per_hour=float(usd),
        budget_left=_left(cluster, usd),
    )


def waiting_amounts(demand: Demand) -> dict[str, float]:
    """Return how much of each resource waits, in tasks, actors and bundles together.

    Of more than MOST_RESOURCES, those of which the most waits.
    """
    amounts: defaultdict[str, float] = defaultdict(float)
    for shape in demand.shapes:
        for resource, amount in shape.resources.items():
            amounts[resource] += amount * shape.count
    for gang in demand.gangs:
        for bundle in gang.bundles:
            for resource, amount in bundle.resources.items():
                amounts[resource] += amount
    return dict(nlargest(MOST_RESOURCES, amounts.items(), key=lambda item: item[1]))


def waiting_count(demand: Demand) -> int:
    """Return how many tasks, actors and bundles wait."""
    gangs = sum(len(gang.bundles) for gang in demand.gangs)
    return sum(shape.count for shape in demand.shapes) + gangs


def waiting_since(cluster: Cluster, demand: Demand, *, moment: datetime) -> datetime | None:
    """Return since when something has been waiting without a pause, and remember it.

    What waited in an earlier run is over, even if nobody looked since.
    """
    since = cluster.run.waiting_since
    if bool(waiting_count(demand)) == (since is not None):
        return since
    cluster.run.waiting_since = None if since else moment
    Run.objects.filter(pk=cluster.run_id).update(waiting_since=cluster.run.waiting_since)
    return cluster.run.waiting_since


def needed_nodes(facts: Facts) -> int:
    """Return how many nodes the group's work keeps busy or waits for.

    Nodes on their way count while something waits. Without that they come for a minimum or a
    floor, and a forecast made of them would feed itself.
    """
    coming = facts.pending_nodes if facts.queue else 0
    return round(facts.busy_nodes + coming)


def stored(facts: Facts) -> dict[str, Any]:
    """Return the facts as a sample keeps them, without their moment."""
    values = asdict(facts)
    return {name: values[name] for name in _STORED}


def restored(values: Mapping[str, Any], *, at: datetime) -> Facts:
    """Return the facts of a sample; what an older one does not have is as if there were none."""
    return Facts(now=at, **{name: values[name] for name in _STORED if name in values})


def moment_now() -> datetime:
    """Return now, to the second: facts are told to people."""
    return now().replace(microsecond=0)


def _held(nodes: Sequence[Node], resource: str) -> float:
    total = sum(float(node.total.get(resource, 0)) for node in nodes)
    free = sum(float(node.free.get(resource, 0)) for node in nodes)
    return max(0.0, 1 - free / total) if total else 0.0


def _left(cluster: Cluster, usd: Decimal) -> float:
    cap = cluster.max_usd_per_hour
    return -1 if cap is None else max(0.0, float(cap - usd))
