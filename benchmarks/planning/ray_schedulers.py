"""Ray's two schedulers, called as libraries: no cluster is started.

Both answer which nodes to launch and how much stays unplaced, not what goes where.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.planning.instance import Instance
from domain.demand import Gang, Shape, Strategy

_MOST_NODES = 1_000_000
_HEAD = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class RayAnswer:
    launches: dict[str, int]
    unplaced: int
    seconds: float


def expressible(instance: Instance, version: str) -> bool:
    """Return whether Ray's scheduler of that version can be asked this at all."""
    if instance.max_resources:
        return False
    return version == "v2" or not any(shape.selectors for shape in instance.demand.shapes)


def load() -> str:
    """Import Ray, so that no timing holds it; return its version."""
    import ray
    import ray.autoscaler._private.resource_demand_scheduler
    import ray.autoscaler.v2.scheduler

    for name in ("ray", "ray.autoscaler._private.resource_demand_scheduler", "ray.autoscaler.v2"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return str(ray.__version__)


class _Provider:
    """The two calls that the old scheduler makes."""

    def __init__(self, types: dict[str, str]) -> None:
        self._types = types

    def node_tags(self, node: str) -> dict[str, str]:
        from ray.autoscaler.tags import (
            NODE_KIND_HEAD,
            NODE_KIND_WORKER,
            TAG_RAY_NODE_KIND,
            TAG_RAY_USER_NODE_TYPE,
        )

        kind = NODE_KIND_HEAD if node == _HEAD else NODE_KIND_WORKER
        return {TAG_RAY_NODE_KIND: kind, TAG_RAY_USER_NODE_TYPE: self._types[node]}

    def internal_ip(self, node: str) -> str:
        return node


def ray_v1(instance: Instance) -> RayAnswer:
    """Return what the scheduler of Ray's first autoscaler launches."""
    from ray.autoscaler._private.node_provider_availability_tracker import NodeAvailabilitySummary
    from ray.autoscaler._private.resource_demand_scheduler import ResourceDemandScheduler

    standing = dict(_standing(instance))
    types = {_HEAD: _HEAD} | {name: type_ for name, (type_, _) in standing.items()}
    free = {_HEAD: {"CPU": 0}} | {name: dict(room) for name, (_, room) in standing.items()}
    total = {_HEAD: {"CPU": 0}}
    total |= {name: dict(instance.type(type_).resources) for name, (type_, _) in standing.items()}
    scheduler = ResourceDemandScheduler(
        _Provider(types),
        {_HEAD: _config({"CPU": 0}, most=0)}
        | {type_.name: _config(type_.resources, most=type_.max_nodes) for type_ in instance.types},
        max_workers=_MOST_NODES,
        head_node_type=_HEAD,
        upscaling_speed=1e9,
    )
    demands = [dict(shape.resources) for shape in _each(instance.demand.shapes)]
    groups = [_old_group(gang) for gang in instance.demand.gangs]
    began = time.perf_counter()
    launches, unplaced = scheduler.get_nodes_to_launch(
        list(types), {}, demands, free, groups, total, [],
        NodeAvailabilitySummary(node_availabilities={}),
    )  # fmt: skip
    seconds = time.perf_counter() - began
    return RayAnswer(launches=dict(launches), unplaced=len(unplaced), seconds=seconds)


def ray_v2(instance: Instance) -> RayAnswer:
    """Return what the scheduler of Ray's second autoscaler launches."""
    from ray.autoscaler.v2.instance_manager.config import NodeTypeConfig
    from ray.autoscaler.v2.scheduler import ResourceDemandScheduler, SchedulingRequest

    configs = {
        type_.name: NodeTypeConfig(
            name=type_.name,
            min_worker_nodes=0,
            max_worker_nodes=type_.max_nodes,
            resources=dict(type_.resources),
            labels=dict(type_.labels),
        )
        for type_ in instance.types
    }
    request = SchedulingRequest(
        disable_launch_config_check=True,
        node_type_configs=configs,
        max_num_nodes=_MOST_NODES,
        idle_timeout_s=60,
        resource_requests=[_counted(shape) for shape in instance.demand.shapes],
        gang_resource_requests=[
            _new_group(gang, name=f"{number:032x}")
            for number, gang in enumerate(instance.demand.gangs)
        ],
        current_instances=[
            _running(name, type_, free=dict(room), total=dict(instance.type(type_).resources))
            for name, (type_, room) in _standing(instance)
        ],
    )
    began = time.perf_counter()
    reply = ResourceDemandScheduler(event_logger=None).schedule(request)
    seconds = time.perf_counter() - began
    gangs = sum(_bundles(gang) for gang in reply.infeasible_gang_resource_requests)
    return RayAnswer(
        launches={launch.instance_type: launch.count for launch in reply.to_launch},
        unplaced=len(reply.infeasible_resource_requests) + gangs,
        seconds=seconds,
    )


SCHEDULERS: dict[str, Callable[[Instance], RayAnswer]] = {"v1": ray_v1, "v2": ray_v2}


def _standing(instance: Instance) -> Iterator[tuple[str, tuple[str, Any]]]:
    for number, standing in enumerate(instance.standing):
        for each in range(standing.count):
            yield f"{standing.type}-{number}-{each}", (standing.type, standing.free)


def _config(resources: Any, *, most: int) -> dict[str, Any]:
    return {
        "resources": dict(resources),
        "node_config": {},
        "min_workers": 0,
        "max_workers": most,
    }


def _each(shapes: Iterable[Shape]) -> Iterator[Shape]:
    for shape in shapes:
        for _ in range(shape.count):
            yield shape


def _old_group(gang: Gang) -> Any:
    from ray.core.generated.common_pb2 import PlacementStrategy
    from ray.core.generated.gcs_pb2 import PlacementGroupTableData

    group = PlacementGroupTableData(strategy=PlacementStrategy.Value(gang.strategy.value))
    for bundle in gang.bundles:
        group.bundles.add().unit_resources.update(bundle.resources)
    return group


def _counted(shape: Shape) -> Any:
    from ray.autoscaler.v2.utils import ResourceRequestUtil
    from ray.core.generated.autoscaler_pb2 import ResourceRequestByCount
    from ray.core.generated.common_pb2 import LabelSelectorOperator

    operators = {
        "in": LabelSelectorOperator.LABEL_OPERATOR_IN,
        "not in": LabelSelectorOperator.LABEL_OPERATOR_NOT_IN,
    }
    selectors = [(s.key, operators[s.operator], list(s.values)) for s in shape.selectors]
    made = ResourceRequestUtil.make(
        dict(shape.resources), label_selectors=[selectors] if selectors else None
    )
    return ResourceRequestByCount(request=made, count=shape.count)


def _new_group(gang: Gang, *, name: str) -> Any:
    """As Ray's GCS writes it: only the strict strategies are constraints."""
    from ray.autoscaler.v2.utils import ResourceRequestUtil
    from ray.core.generated.autoscaler_pb2 import GangResourceRequest

    kinds = ResourceRequestUtil.PlacementConstraintType
    kind = {
        Strategy.STRICT_PACK: kinds.AFFINITY,
        Strategy.STRICT_SPREAD: kinds.ANTI_AFFINITY,
    }.get(gang.strategy)
    constraints = [(kind, f"_PG_{name}", "")] if kind else []
    requests = [
        ResourceRequestUtil.make(dict(bundle.resources), constraints) for bundle in gang.bundles
    ]
    return GangResourceRequest(requests=requests)


def _bundles(gang: Any) -> int:
    return len(gang.requests)


def _running(name: str, type_: str, *, free: dict[str, float], total: dict[str, float]) -> Any:
    from ray.autoscaler.v2.schema import AutoscalerInstance
    from ray.core.generated.autoscaler_pb2 import NodeState, NodeStatus
    from ray.core.generated.instance_manager_pb2 import Instance as RayInstance
    from ray.core.generated.instance_manager_pb2 import NodeKind

    return AutoscalerInstance(
        cloud_instance_id=name,
        ray_node=NodeState(
            node_id=name.encode(),
            instance_id=name,
            ray_node_type_name=type_,
            available_resources=free,
            total_resources=total,
            status=NodeStatus.RUNNING,
        ),
        im_instance=RayInstance(
            instance_id=name,
            cloud_instance_id=name,
            instance_type=type_,
            status=RayInstance.RAY_RUNNING,
            node_id=name,
            node_kind=NodeKind.WORKER,
        ),
    )
