"""A RayCluster of KubeRay, API version v1."""

import re
from collections.abc import Iterable, Iterator, Mapping

from domain.catalogue.matching import types_for
from domain.catalogue.node_resources import RESERVATIONS, declared_type
from domain.catalogue.pod_shapes import shape_type
from domain.configuration.instance_blocks import block_of
from domain.configuration.patching import KUBERNETES, patched
from domain.configuration.spec import (
    ComputeConfig,
    MarketType,
    MobulaBlock,
    NodeConfig,
    WorkerGroup,
    written,
)
from domain.convert.autoscaler import autoscaler_options, losses_of_mode
from domain.convert.result import (
    ExportContext,
    Exported,
    Loss,
    Plain,
    distinct,
    items,
    losses_of_groups,
    mapping,
    without_empty,
)
from domain.offerings import InstanceType, Market
from domain.quantities import format_bytes, tidy_number
from domain.yaml.writing import dump_value

ZONE, ARCH = "topology.kubernetes.io/zone", "kubernetes.io/arch"
GPU, TPU = "nvidia.com/gpu", "google.com/tpu"
# The operator appends its own suffixes; a Service's name has 63 characters.
LONGEST_NAME, LONGEST_GROUP = 47, 40
ANY_IMAGE = "rayproject/ray:latest"
# What Ray takes as a parameter of its start only: as a resource it would be a custom one.
PARAMS = {"object_store_memory": "object-store-memory"}

_CARRIED = frozenset({
    "image", "autoscaling", "worker_idle_seconds", "groups", "merge_instance_config",
    "upscaling_speed",
})  # fmt: skip


def write(config: ComputeConfig, setting: ExportContext) -> Exported:
    """The RayCluster, with each group's replicas between its bounds."""
    losses = list(_losses(config))
    config = config.primary
    if not setting.image:
        losses.append(Loss(path="mobula.image", why=f"No image is set: {ANY_IMAGE} is used."))
    head = _head(config, setting, losses)
    names = distinct(
        [pod_name(group.name, longest=LONGEST_GROUP) for group in config.groups],
        longest=LONGEST_GROUP,
    )
    groups = [
        _group(group, names[index], f"worker_nodes[{index}]", config, setting, losses)
        for index, group in enumerate(config.groups)
    ]
    name = pod_name(setting.name, longest=LONGEST_NAME)
    if name != setting.name:
        losses.append(Loss(path="", why=f"The name {setting.name} becomes {name} on Kubernetes."))
    spec: Plain = {
        **({"rayVersion": setting.ray_version} if setting.ray_version else {}),
        "enableInTreeAutoscaling": config.mobula.autoscaling,
        **autoscaler_options(config),
        "headGroupSpec": head,
        "workerGroupSpecs": groups,
    }
    manifest = {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": name},
        "spec": spec,
    }
    return Exported(dump_value(manifest), tuple(losses))


def pod_name(name: str, *, longest: int) -> str:
    """The name as Kubernetes takes it: DNS-1035, no longer than that."""
    found = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")
    found = found if found[:1].isalpha() else f"g-{found}"
    return found[:longest].strip("-")


def _losses(config: ComputeConfig) -> Iterator[Loss]:
    if config.configs is not None:
        yield Loss(path="configs", why="A RayCluster is one cluster: the first resource is used.")
    for key in written(config.mobula):
        if key not in _CARRIED:
            yield Loss(path=f"mobula.{key}", why="Not supported by RayCluster.")
    yield from losses_of_groups(config, why="Not supported by RayCluster worker groups.")
    primary = config.primary
    for name in ("min_resources", "max_resources", "flags"):
        for key in getattr(primary, name):
            path = f"{name}.{key}"
            if path != "flags.idle_termination_seconds":
                yield Loss(path=path, why="KubeRay limits groups, not the cluster.")
    yield from _losses_of_place(config)


def _losses_of_place(config: ComputeConfig) -> Iterator[Loss]:
    primary = config.primary
    for name in ("cloud", "cloud_resource"):
        if getattr(primary, name):
            yield Loss(
                path=name, why="The manifest runs on the Kubernetes cluster it is applied to."
            )
    if primary.enable_cross_zone_scaling:
        why = "Kubernetes spreads pods across all allowed zones."
        yield Loss(path="enable_cross_zone_scaling", why=why)
    if primary.auto_select_worker_config:
        yield Loss(path="auto_select_worker_config", why="A RayCluster requires group names.")
    if not config.mobula.autoscaling and config.worker_idle_seconds != _USUAL_IDLE:
        why = "Without autoscaling, no idle worker is terminated."
        yield Loss(path="mobula.worker_idle_seconds", why=why)
    yield from losses_of_mode(config)


_USUAL_IDLE = MobulaBlock().worker_idle_seconds


def _head(config: ComputeConfig, setting: ExportContext, losses: list[Loss]) -> Plain:
    node = config.head_node or NodeConfig()
    resources = dict(node.resources)
    if config.groups:  # Anyscale's rule: a head with workers takes no work
        resources = {"CPU": 0, "GPU": 0, **resources}
    found: Plain = {
        "rayStartParams": _params(resources),
        "resources": _resources(resources),
        "labels": dict(node.labels),
        "template": _template(node, "head_node", "ray-head", config, setting, losses),
    }
    return {"rayStartParams": {}, **without_empty(found)}


def _group(
    group: WorkerGroup,
    name: str,
    path: str,
    config: ComputeConfig,
    setting: ExportContext,
    losses: list[Loss],
) -> Plain:
    if name != group.name:
        losses.append(Loss(path=f"{path}.name", why=f"{group.name} is {name} on Kubernetes."))
    if group.market_type is not MarketType.ON_DEMAND:
        losses.append(Loss(path=f"{path}.market_type", why=_SPOT))
    hosts = (group.required_resources.tpu_hosts or 0) if group.required_resources else 0
    own = config.mobula.groups.get(group.name)
    most = group.max_nodes if config.mobula.autoscaling else max(1, group.min_nodes)
    if most != group.max_nodes:
        why = "Without autoscaling a group keeps its minimum."
        losses.append(Loss(path=f"{path}.max_nodes", why=why))
    found: Plain = {
        "groupName": name,
        "replicas": group.min_nodes,
        "minReplicas": group.min_nodes,
        "maxReplicas": most,
        "rayStartParams": _params(group.resources),
        "template": _template(group, path, "ray-worker", config, setting, losses),
    }
    more = {
        "numOfHosts": hosts if hosts > 1 else None,
        "idleTimeoutSeconds": own.worker_idle_seconds if own else None,
        "resources": _resources(group.resources),
        "labels": dict(group.labels),
    }
    return {**found, **without_empty(more)}


def _resources(resources: Mapping[str, float]) -> dict[str, str]:
    """Logical resources; KubeRay takes them here or in rayStartParams, never in both."""
    return {
        name: str(tidy_number(amount))
        for name, amount in resources.items()
        if name not in RESERVATIONS and name not in PARAMS
    }


def _params(resources: Mapping[str, float]) -> dict[str, str]:
    return {
        param: str(tidy_number(resources[name]))
        for name, param in PARAMS.items()
        if name in resources
    }


# On Kubernetes a spot node is known by a label that its distribution chooses.
_SPOT = (
    "Add the nodeSelector that your cluster uses for spot nodes: "
    'cloud.google.com/gke-spot: "true" on GKE, eks.amazonaws.com/capacityType: SPOT on EKS, '
    "karpenter.sh/capacity-type: spot with Karpenter."
)


def _template(
    node: NodeConfig,
    path: str,
    container: str,
    config: ComputeConfig,
    setting: ExportContext,
    losses: list[Loss],
) -> Plain:
    machine = _machine(node, setting)
    ray: Plain = {"name": container, "image": setting.image or ANY_IMAGE}
    if machine is not None:
        amounts = _amounts(machine, node)
        ray["resources"] = {"requests": amounts, "limits": dict(amounts)}
    losses += _losses_of_node(node, path, machine)
    spec: Plain = {"containers": [ray], **_placed(node, config)}
    block = block_of(config, node)
    patch: Plain = {key: block[key] for key in ("metadata", "spec") if mapping(block.get(key))}
    foreign = sorted(block.keys() - patch.keys())
    if foreign:
        why = f"{', '.join(foreign)}: not valid in a pod."
        losses.append(Loss(path=f"{path}.advanced_instance_config", why=why))
    pod = patched({"spec": spec}, _renamed(patch, container), KUBERNETES)
    if config.zones and ZONE not in str(pod["spec"].get("affinity")):
        why = "The instance configuration sets its own node affinity: list the zones there."
        losses.append(Loss(path="zones", why=why))
    return pod


def _losses_of_node(node: NodeConfig, path: str, machine: InstanceType | None) -> Iterator[Loss]:
    if machine is None:
        why = f"The size of {node.instance_type or 'its machine'} is unknown."
        yield Loss(path=f"{path}.instance_type", why=f"{why} Add the pod's resources.")
    elif node.required_resources is None:
        why = "A pod has no machine type: it requests the machine's resources instead."
        yield Loss(path=f"{path}.instance_type", why=why)
    wanted = dict(node.required_labels)
    paths = {key: f'{path}.required_labels["{key}"]' for key in wanted}
    if node.required_resources and (model := node.required_resources.accelerator):
        wanted["accelerator"] = model
        paths["accelerator"] = f"{path}.required_resources.accelerator"
    for key, value in wanted.items():
        why = f"Add the node selector that your cluster uses for {value}."
        yield Loss(path=paths[key], why=why)
    for key in sorted(RESERVATIONS & node.resources.keys()):
        why = "Ray reserves nothing on a node: increase the pod's resources instead."
        yield Loss(path=f"{path}.resources.{key}", why=why)
    for key in node.flags:
        yield Loss(path=f"{path}.flags.{key}", why="Not a KubeRay flag.")
    if node.cloud_deployment:
        yield Loss(path=f"{path}.cloud_deployment", why="Not supported by KubeRay.")


def _renamed(patch: Plain, container: str) -> Plain:
    """In Anyscale's patches the Ray container is called `ray`."""
    spec = mapping(patch.get("spec"))
    if "containers" not in spec:
        return patch
    containers = [
        {**mapping(one), "name": container} if mapping(one).get("name") == "ray" else one
        for one in items(spec["containers"])
    ]
    return {**patch, "spec": {**spec, "containers": containers}}


def _machine(node: NodeConfig, setting: ExportContext) -> InstanceType | None:
    if node.required_resources is not None:
        return declared_type(node.required_resources)
    found = types_for(node, setting.target, market=Market.ON_DEMAND)
    return found[0] if found else shape_type(node.instance_type or "")


def _amounts(machine: InstanceType, node: NodeConfig) -> Plain:
    tpus = node.required_resources.TPU if node.required_resources else None
    return without_empty({
        "cpu": str(tidy_number(machine.vcpus)),
        "memory": str(format_bytes(machine.memory_bytes)),
        GPU: str(tidy_number(machine.gpus)) if machine.gpus else None,
        TPU: str(tpus) if tpus else None,
    })  # fmt: skip


def _placed(node: NodeConfig, config: ComputeConfig) -> Plain:
    arch = node.required_resources.cpu_architecture if node.required_resources else None
    found: Plain = {}
    if arch:
        found["nodeSelector"] = {ARCH: "arm64" if arch == "arm64" else "amd64"}
    if config.zones:
        found["affinity"] = in_zones(config.zones)
    return found


def in_zones(zones: Iterable[str]) -> Plain:
    """The affinity of a pod that may run in these zones only."""
    terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": list(zones)}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"nodeAffinity": required}
