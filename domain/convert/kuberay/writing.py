"""A RayCluster of KubeRay, API version v1."""

import re
from collections.abc import Iterator, Mapping

from domain.catalogue.node_resources import RESERVATIONS
from domain.configuration.ray_labels import MARKET_TYPE
from domain.configuration.spec import (
    ComputeConfig,
    MarketType,
    MobulaBlock,
    NodeConfig,
    WorkerGroup,
    written,
)
from domain.convert.autoscaler import autoscaler_options, losses_of_mode
from domain.convert.kuberay.node_choice import node_choice
from domain.convert.kuberay.pod_templates import PodSite, image_of, pod_template
from domain.convert.result import (
    ExportContext,
    Exported,
    Loss,
    Plain,
    distinct,
    losses_of_groups,
    without_empty,
)
from domain.quantities import tidy_number
from domain.yaml.writing import dump_value

# The operator appends its own suffixes; a Service's name has 63 characters.
LONGEST_NAME, LONGEST_GROUP = 47, 40
# What Ray takes as a parameter of its start only: as a resource it would be a custom one.
PARAMS = {"object_store_memory": "object-store-memory"}
_VERSION_OF_IMAGE = re.compile(r"(?:^|/)ray(?:-ml|-llm)?:(\d+\.\d+\.\d+)(?:[.-]|$)")

_CARRIED = frozenset({
    "image", "autoscaling", "worker_idle_seconds", "groups", "merge_instance_config",
    "upscaling_speed",
})  # fmt: skip


def write(config: ComputeConfig, setting: ExportContext) -> Exported:
    """The RayCluster, with each group's replicas between its bounds."""
    losses = list(_losses(config))
    config = config.primary
    if not setting.image:
        losses.append(
            Loss(path="mobula.image", why=f"No image is set: {image_of(setting)} is used.")
        )
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
        **({"rayVersion": version} if (version := _ray_version(setting)) else {}),
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


def _ray_version(setting: ExportContext) -> str:
    """The version that is named, else that of one of Ray's own images."""
    if setting.ray_version:
        return setting.ray_version
    match = _VERSION_OF_IMAGE.search(setting.image)
    return match[1] if match else ""


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
    site = PodSite(
        path="head_node", container="ray-head", config=config, setting=setting, losses=losses
    )
    found: Plain = {
        "rayStartParams": _params(resources),
        "resources": _resources(resources),
        "labels": dict(node.labels),
        "template": pod_template(node, site),
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
    own = config.mobula.groups.get(group.name)
    most = group.max_nodes if config.mobula.autoscaling else max(1, group.min_nodes)
    if most != group.max_nodes:
        why = "Without autoscaling a group keeps its minimum."
        losses.append(Loss(path=f"{path}.max_nodes", why=why))
    site = PodSite(path=path, container="ray-worker", config=config, setting=setting, losses=losses)
    template = pod_template(group, site)
    losses += _losses_of_market(group, path, template)
    found: Plain = {
        "groupName": name,
        "replicas": group.min_nodes,
        "minReplicas": group.min_nodes,
        "maxReplicas": most,
        "rayStartParams": _params(group.resources),
        "template": template,
    }
    more = {
        "numOfHosts": group.hosts if group.hosts > 1 else None,
        "idleTimeoutSeconds": own.worker_idle_seconds if own else None,
        "resources": _resources(group.resources),
        "labels": _labels(group),
    }
    return {**found, **without_empty(more)}


def _labels(group: WorkerGroup) -> dict[str, str]:
    """The group's labels; on Kubernetes Ray knows a spot node by the label of its group only."""
    spot = {MARKET_TYPE: "spot"} if group.market_type is MarketType.SPOT else {}
    return {**spot, **group.labels}


def _losses_of_market(group: WorkerGroup, path: str, template: Plain) -> Iterator[Loss]:
    choice = node_choice(template["spec"])
    selected = choice.market or (MarketType.PREFER_SPOT if choice.allows_spot else None)
    if group.market_type is not MarketType.ON_DEMAND and selected is not group.market_type:
        yield Loss(path=f"{path}.market_type", why=_SPOT)


# A spot node is known by a label that the distribution of Kubernetes chooses.
_SPOT = (
    "Add the nodeSelector that your cluster uses for spot nodes: "
    'cloud.google.com/gke-spot: "true" on GKE, eks.amazonaws.com/capacityType: SPOT on EKS, '
    "karpenter.sh/capacity-type: spot with Karpenter."
)


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
