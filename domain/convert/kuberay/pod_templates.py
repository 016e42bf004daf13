"""Writing one pod template: the hardware of a node as requests, its places, its patch."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.catalogue.matching import types_for
from domain.catalogue.node_labels import (
    ARCH,
    TPU_ACCELERATOR,
    TPU_TOPOLOGY_SELECTOR,
    ZONE,
    tpu_accelerator_of,
)
from domain.catalogue.node_resources import RESERVATIONS, declared_type
from domain.catalogue.pod_shapes import shape_type
from domain.configuration.instance_blocks import block_of
from domain.configuration.patching import KUBERNETES, patched
from domain.configuration.ray_labels import ACCELERATOR, TPU_TOPOLOGY
from domain.configuration.spec import ComputeConfig, NodeConfig
from domain.convert.kuberay.accelerators import GPU, TPU, is_gpu
from domain.convert.kuberay.node_choice import node_choice
from domain.convert.kuberay.pod_parts import with_container_named
from domain.convert.kuberay.room import pod_room
from domain.convert.kuberay.zones import in_zones
from domain.convert.result import ExportContext, Loss, Plain, items, mapping, without_empty
from domain.offerings import InstanceType, Market
from domain.quantities import format_bytes, tidy_number

ANY_IMAGE = "rayproject/ray:latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSite:
    """Whose pod is written: the path of its node, its container's name, and the whole cluster."""

    path: str
    container: str
    config: ComputeConfig
    setting: ExportContext
    losses: list[Loss]


def image_of(setting: ExportContext) -> str:
    """The image that is named, else Ray's own of the version."""
    if setting.image:
        return setting.image
    return f"rayproject/ray:{setting.ray_version}" if setting.ray_version else ANY_IMAGE


def pod_template(node: NodeConfig, site: PodSite) -> Plain:
    """The pod of this node; what it cannot say is added to the losses."""
    block = block_of(site.config, node)
    patch: Plain = {key: block[key] for key in ("metadata", "spec") if mapping(block.get(key))}
    foreign = sorted(block.keys() - patch.keys())
    if foreign:
        why = f"{', '.join(foreign)}: not valid in a pod."
        site.losses.append(Loss(path=f"{site.path}.advanced_instance_config", why=why))
    machine, size = _machine(node, site.setting)
    ray: Plain = {"name": site.container, "image": image_of(site.setting)}
    if size is not None:
        amounts = _amounts(size, node, mapping(patch.get("spec")))
        ray["resources"] = {"requests": amounts, "limits": dict(amounts)}
    spec: Plain = {"containers": [ray], **_placed(node, site.config)}
    pod = patched({"spec": spec}, _renamed(patch, site.container), KUBERNETES)
    site.losses.extend(_losses_of_node(node, site.path, machine=machine, size=size))
    site.losses.extend(_losses_of_labels(node, site.path, pod["spec"]))
    if site.config.zones and ZONE not in str(pod["spec"].get("affinity")):
        why = "The instance configuration sets its own node affinity: list the zones there."
        site.losses.append(Loss(path="zones", why=why))
    return pod


def _machine(
    node: NodeConfig, setting: ExportContext
) -> tuple[InstanceType | None, InstanceType | None]:
    """The machine of a node, and the size of its pod: less than a whole machine of a cloud."""
    if node.required_resources is not None:
        declared = declared_type(node.required_resources)
        return declared, declared
    if shape := shape_type(node.instance_type or ""):
        return shape, shape
    found = types_for(node, setting.target, market=Market.ON_DEMAND)
    return (found[0], pod_room(found[0])) if found else (None, None)


def _losses_of_node(
    node: NodeConfig, path: str, *, machine: InstanceType | None, size: InstanceType | None
) -> Iterator[Loss]:
    if machine is None or size is None:
        why = f"The size of {node.instance_type or 'its machine'} is unknown."
        yield Loss(path=f"{path}.instance_type", why=f"{why} Add the pod's resources.")
    elif node.required_resources is None:
        why = f"A pod has no machine type: it requests {_size(size)}"
        if size != machine:
            why += f" of {_size(machine)}, which leaves room for the kubelet"
        yield Loss(path=f"{path}.instance_type", why=f"{why}.")
    for key in sorted(RESERVATIONS & node.resources.keys()):
        why = "Ray reserves nothing on a node: increase the pod's resources instead."
        yield Loss(path=f"{path}.resources.{key}", why=why)
    for key in node.flags:
        yield Loss(path=f"{path}.flags.{key}", why="Not a KubeRay flag.")
    if node.cloud_deployment:
        yield Loss(path=f"{path}.cloud_deployment", why="Not supported by KubeRay.")


def _size(machine: InstanceType) -> str:
    return f"{tidy_number(machine.vcpus)} CPU and {format_bytes(machine.memory_bytes)}"


def _losses_of_labels(node: NodeConfig, path: str, spec: Plain) -> Iterator[Loss]:
    """What a node must have that no selector of its pod asks for."""
    wanted = dict(node.required_labels)
    paths = {key: f'{path}.required_labels["{key}"]' for key in wanted}
    if node.required_resources and (model := node.required_resources.accelerator):
        wanted["accelerator"] = model
        paths["accelerator"] = f"{path}.required_resources.accelerator"
    choice = node_choice(spec)
    selected = {
        ACCELERATOR: choice.tpu_model or choice.gpu_model,
        "accelerator": choice.gpu_model,
        TPU_TOPOLOGY: choice.tpu_topology,
    }
    for key, value in wanted.items():
        if not _is_model(selected.get(key), value):
            why = f"Add the node selector that your cluster uses for {value}."
            yield Loss(path=paths[key], why=why)


def _is_model(selected: str | None, wanted: str) -> bool:
    """True if the pod selects what is wanted: an A100 of 40 GB is an A100 as well."""
    return selected is not None and (selected == wanted or selected.startswith(f"{wanted}-"))


def _renamed(patch: Plain, container: str) -> Plain:
    """In Anyscale's patches the Ray container is called `ray`."""
    spec = mapping(patch.get("spec"))
    if "containers" not in spec:
        return patch
    containers = [
        {**mapping(entry), "name": container} if mapping(entry).get("name") == "ray" else entry
        for entry in items(spec["containers"])
    ]
    renamed = {**patch, "spec": {**spec, "containers": containers}}
    return with_container_named(renamed, container, instead_of="ray")


def _amounts(size: InstanceType, node: NodeConfig, patch: Plain) -> Plain:
    """Requests and limits; GPUs that the patch names otherwise, such as MIG slices, stay there."""
    tpus = node.required_resources.TPU if node.required_resources else None
    has_own = any(
        is_gpu(key)
        for container in map(mapping, items(patch.get("containers")))
        if container.get("name") == "ray"
        for key in mapping(mapping(container.get("resources")).get("limits"))
    )
    cpus = size.vcpus
    return without_empty({
        "cpu": str(tidy_number(cpus)) if cpus == int(cpus) else f"{round(cpus * 1000)}m",
        "memory": str(format_bytes(size.memory_bytes)),
        GPU: str(tidy_number(size.gpus)) if size.gpus and not has_own else None,
        TPU: str(tpus) if tpus else None,
    })  # fmt: skip


def _placed(node: NodeConfig, config: ComputeConfig) -> Plain:
    required = node.required_resources
    selector: Plain = {}
    if required and required.cpu_architecture:
        selector[ARCH] = "arm64" if required.cpu_architecture == "arm64" else "amd64"
    if required and required.TPU:
        selector |= _tpu_selector(node)
    found: Plain = {"nodeSelector": selector} if selector else {}
    if config.zones:
        found["affinity"] = in_zones(config.zones)
    return found


def _tpu_selector(node: NodeConfig) -> Plain:
    """GKE's selectors of a TPU slice: no other distribution has TPUs."""
    labels = {**node.labels, **node.required_labels}
    return without_empty({
        TPU_ACCELERATOR: tpu_accelerator_of(labels.get(ACCELERATOR, "")),
        TPU_TOPOLOGY_SELECTOR: labels.get(TPU_TOPOLOGY),
    })  # fmt: skip
