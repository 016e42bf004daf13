"""Words for planner tests: groups, nodes, demand, and what follows once a plan is carried out."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from domain.demand import Demand, LabelSelector, Shape
from domain.offerings import Market
from domain.planner import Launch, NodeView, Offer, Plan, PlannedGroup, PlanRequest
from domain.planner.model import NodePhase

PENDING, READY, LEAVING = NodePhase.PENDING, NodePhase.READY, NodePhase.LEAVING


def offer(
    resources: Mapping[str, float],
    *,
    usd: str | None = "0.1",
    kind: str = "",
    market: Market = Market.ON_DEMAND,
    zone: str = "",
    **fields: object,
) -> Offer:
    size = f"{resources.get('CPU', 0):g}CPU" + ("-1GPU" if "GPU" in resources else "")
    return Offer(
        instance_type=kind or size,
        market=market,
        zone=zone,
        resources=resources,
        hourly_usd=None if usd is None else Decimal(usd),
        **fields,  # type: ignore[arg-type]
    )


def group(
    name: str = "cpu",
    resources: Mapping[str, float] | None = None,
    *,
    least: int = 0,
    most: int = 10,
    labels: Mapping[str, str] | None = None,
    hourly_usd: str | None = "0.1",
    offers: tuple[Offer, ...] = (),
    **fields: object,
) -> PlannedGroup:
    brings = {"CPU": 2.0} if resources is None else resources
    return PlannedGroup(
        name=name,
        offers=offers or (offer(brings, usd=hourly_usd, labels=labels or {}),),
        min_nodes=least,
        max_nodes=most,
        idle_seconds=60,
        **fields,  # type: ignore[arg-type]
    )


def node(
    name: str,
    of: PlannedGroup,
    *,
    phase: NodePhase = READY,
    free: Mapping[str, float] | None = None,
    idle: float | None = None,
    age: float = 1000,
    rented: Offer | None = None,
    **fields: object,
) -> NodeView:
    its = rented or of.offers[0]
    return NodeView(
        name=name,
        group=of.name,
        phase=phase,
        free=its.resources if free is None else free,
        total=its.resources,
        instance_type=its.instance_type,
        market=its.market,
        zone=its.zone,
        idle_seconds=idle,
        age_seconds=age,
        **fields,  # type: ignore[arg-type]
    )


def shape(count: int = 1, *selectors: LabelSelector, **resources: float) -> Shape:
    return Shape(resources=resources, count=count, selectors=selectors)


def request(
    *groups: PlannedGroup, nodes: tuple[NodeView, ...] = (), **fields: object
) -> PlanRequest:
    demand = fields.pop("demand", Demand())
    return PlanRequest(groups=groups, nodes=nodes, demand=demand, **fields)  # type: ignore[arg-type]


def carried_out(plan: Plan, before: PlanRequest) -> PlanRequest:
    """Return the request a moment later: drained nodes are gone, launched ones are pending."""
    groups = {group.name: group for group in before.groups}
    gone = {drain.node for drain in plan.drains}
    names = (f"n-{number}" for number in range(10_000, 10_000_000))
    new = [
        node(
            next(names),
            groups[launch.group],
            phase=PENDING,
            age=0,
            rented=rented_by(launch, groups[launch.group]),
            planned=planned,
        )
        for launch in plan.launches
        for planned in planned_on(launch)
    ]
    kept = [
        replace(old, planned=plan.placements.get(old.name, ()))
        for old in before.nodes
        if old.name not in gone
    ]
    return replace(before, nodes=(*kept, *new))


def rented_by(launch: Launch, group: PlannedGroup) -> Offer:
    wanted = (launch.instance_type, launch.market, launch.zone)
    return next(o for o in group.offers if (o.instance_type, o.market, o.zone) == wanted)


def planned_on(launch: Launch) -> Iterator[tuple[Shape, ...]]:
    """Yield for each node of a launch what it is for."""
    for pack in launch.packs:
        yield from (pack.shapes for _ in range(pack.count))
    yield from (() for _ in range(launch.count - sum(pack.count for pack in launch.packs)))


def sizes(plan: Plan) -> dict[str, int]:
    """Return how many nodes of each group the plan launches."""
    counts: dict[str, int] = {}
    for launch in plan.launches:
        counts[launch.group] = counts.get(launch.group, 0) + launch.count
    return counts


def why(plan: Plan) -> list[str]:
    """Return why things wait, each in words."""
    return [left.reason for left in plan.unserved]
