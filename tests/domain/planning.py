"""Words for planner tests: groups, nodes, demand, and what follows once a plan is carried out."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from domain.demand import Demand, LabelSelector, Shape
from domain.offerings import Market
from domain.planner import Group, NodeView, Plan, PlanRequest
from domain.planner.model import NodePhase

PENDING, READY, LEAVING = NodePhase.PENDING, NodePhase.READY, NodePhase.LEAVING


def group(
    name: str = "cpu",
    resources: Mapping[str, float] | None = None,
    *,
    least: int = 0,
    most: int = 10,
    labels: Mapping[str, str] | None = None,
    hourly_usd: str | None = "0.1",
) -> Group:
    brings = {"CPU": 2.0} if resources is None else resources
    return Group(
        name=name,
        instance_type=f"{brings.get('CPU', 0):g}CPU" + ("-1GPU" if "GPU" in brings else ""),
        market=Market.ON_DEMAND,
        resources=brings,
        labels=labels or {},
        min_nodes=least,
        max_nodes=most,
        idle_seconds=60,
        hourly_usd=None if hourly_usd is None else Decimal(hourly_usd),
    )


def node(
    name: str,
    of: Group,
    *,
    phase: NodePhase = READY,
    free: Mapping[str, float] | None = None,
    idle: float | None = None,
    age: float = 1000,
) -> NodeView:
    return NodeView(
        name=name,
        group=of.name,
        phase=phase,
        free=of.resources if free is None else free,
        total=of.resources,
        idle_seconds=idle,
        age_seconds=age,
    )


def shape(count: int = 1, *selectors: LabelSelector, **resources: float) -> Shape:
    return Shape(resources=resources, count=count, selectors=selectors)


def request(*groups: Group, nodes: tuple[NodeView, ...] = (), **fields: object) -> PlanRequest:
    demand = fields.pop("demand", Demand())
    return PlanRequest(groups=groups, nodes=nodes, demand=demand, **fields)  # type: ignore[arg-type]


def carried_out(plan: Plan, before: PlanRequest) -> PlanRequest:
    """Return the request a moment later: drained nodes are gone, launched ones are pending."""
    groups = {group.name: group for group in before.groups}
    gone = {drain.node for drain in plan.drains}
    names = (f"n-{number}" for number in range(10_000, 10_000_000))
    new = [
        node(next(names), groups[launch.group], phase=PENDING, age=0)
        for launch in plan.launches
        for _ in range(launch.count)
    ]
    kept = [old for old in before.nodes if old.name not in gone]
    return replace(before, nodes=(*kept, *new))


def sizes(plan: Plan) -> dict[str, int]:
    """Return how many nodes of each group the plan launches."""
    counts: dict[str, int] = {}
    for launch in plan.launches:
        counts[launch.group] = counts.get(launch.group, 0) + launch.count
    return counts
