"""Our planner's answer to an instance, and how long `plan` alone takes."""

import statistics
import time
from decimal import Decimal

from benchmarks.planning.answer import Answer, Load
from benchmarks.planning.instance import Instance, NodeType
from domain.demand import Shape
from domain.planner import Launch, NodeView, Plan, PlannedGroup, PlanRequest, plan
from domain.planner.model import NodePhase, Offer

_NEVER_IDLE = 1e9
_ROUNDS = 3


def request_of(instance: Instance) -> PlanRequest:
    """Return an instance as our planner is asked: a group for each node type."""
    return PlanRequest(
        groups=tuple(map(_group, instance.types)),
        nodes=tuple(_nodes(instance)),
        demand=instance.demand,
        max_resources=instance.max_resources,
    )


def answered(request: PlanRequest) -> tuple[Plan, float]:
    """Return the plan and the median milliseconds of CPU that it takes, after one that warms up."""
    times = []
    for _ in range(_ROUNDS + 1):
        began = time.process_time()
        launch_plan = plan(request)
        times.append(1000 * (time.process_time() - began))
    return launch_plan, statistics.median(times[1:])


def answer_of(found: Plan) -> Answer:
    """Return a plan in the words of the verifier."""
    return Answer(
        loads=tuple(load for launch in found.launches for load in _loads(launch)),
        unplaced=tuple(
            Shape(resources=unserved.resources, count=unserved.count) for unserved in found.unserved
        ),
        usd=sum((launch.count * (launch.hourly_usd or 0) for launch in found.launches), Decimal(0)),
    )


def _group(type_: NodeType) -> PlannedGroup:
    offer = Offer(
        instance_type=type_.name,
        resources=type_.resources,
        labels=type_.labels,
        hourly_usd=type_.hourly_usd,
    )
    return PlannedGroup(
        name=type_.name,
        offers=(offer,),
        min_nodes=0,
        max_nodes=type_.max_nodes,
        idle_seconds=_NEVER_IDLE,
    )


def _nodes(instance: Instance) -> list[NodeView]:
    return [
        NodeView(
            name=f"{standing.type}-{number}-{each}",
            group=standing.type,
            instance_type=standing.type,
            phase=NodePhase.READY,
            free=standing.free,
            total=instance.type(standing.type).resources,
        )
        for number, standing in enumerate(instance.standing)
        for each in range(standing.count)
    ]


def _loads(launch: Launch) -> list[Load]:
    loads = [
        Load(type=launch.instance_type, count=pack.count, shapes=pack.shapes)
        for pack in launch.packs
    ]
    empty = launch.count - sum(load.count for load in loads)
    return [*loads, Load(type=launch.instance_type, count=empty)]
