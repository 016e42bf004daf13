"""Reading one pod template: its hardware, its labels, and all else as a patch of the pod."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from domain.catalogue.node_labels import ARCH, TPU_ACCELERATOR, TPU_TOPOLOGY_SELECTOR
from domain.catalogue.node_labels import tpu_accelerator_of as gke_name_of
from domain.configuration.ray_labels import ACCELERATOR, MARKET_TYPE, TPU_TOPOLOGY
from domain.configuration.spec import MarketType
from domain.convert.kuberay.accelerators import GPU, TPU, Accelerators, accelerators_of
from domain.convert.kuberay.node_choice import NodeChoice, node_choice
from domain.convert.kuberay.pod_parts import PodParts, parts_of, with_container_named
from domain.convert.kuberay.quantities import amount, same, whole
from domain.convert.kuberay.replicas import hosts_of
from domain.convert.kuberay.start_params import labels_of, logical_resources
from domain.convert.kuberay.zones import without_zones
from domain.convert.result import Loss, Plain, mapping, without_empty
from domain.quantities import GIB, format_bytes

HARDWARE = frozenset({"cpu", "memory", GPU, TPU})
_OF_RAY = frozenset({"name", "image", "resources"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PodReading:
    """What a pod template becomes, and how its machines are bought."""

    node: Plain
    image: str
    market: MarketType


def read_pod(group: Plain, path: str, *, zones: tuple[str, ...], losses: list[Loss]) -> PodReading:
    """The node that the pods of this group are."""
    parts = parts_of(group)
    if not parts.ray:
        losses.append(Loss(path=f"{path}.template", why="The pod has no container."))
    _lose_requests(parts, path, losses)
    choice = node_choice(parts.spec)
    found = accelerators_of(parts.amounts, instance_type=choice.instance_type)
    for key, why in found.losses.items():
        losses.append(Loss(path=f"{path}.template.resources.{key}", why=why))
    labels = labels_of(group)
    logical = {**found.resources, **logical_resources(group, path, losses)}
    hardware = _hardware(parts, found, choice, f"{path}.template", losses)
    _count_gpus_of_ray(hardware, logical, path, losses)
    _fill(hardware, logical, path, losses)
    if hardware.get("TPU"):
        hardware["tpu_hosts"] = hosts_of(group)
    model = labels.get(ACCELERATOR) or choice.gpu_model
    if hardware.get("GPU") and model:
        hardware["accelerator"] = model
    node = without_empty({
        "required_resources": hardware,
        "resources": logical,
        "labels": labels,
        "required_labels": _required_labels(hardware, choice, labels),
        "advanced_instance_config": _patch(parts, choice, hardware, zones, path, losses),
    })  # fmt: skip
    return PodReading(
        node=node, image=str(parts.ray.get("image") or ""), market=_market(choice, labels)
    )


def _market(choice: NodeChoice, labels: Mapping[str, str]) -> MarketType:
    """What the selectors require, else what the label says, else what the pods tolerate."""
    if choice.market is not None:
        return choice.market
    label = labels.get(MARKET_TYPE)
    if label is not None:
        return MarketType.SPOT if label == "spot" else MarketType.ON_DEMAND
    return MarketType.PREFER_SPOT if choice.allows_spot else MarketType.ON_DEMAND


def _lose_requests(parts: PodParts, path: str, losses: list[Loss]) -> None:
    for key in sorted(parts.requests.keys() & parts.limits.keys() & HARDWARE):
        if not same(parts.requests[key], parts.limits[key]):
            why = f"In Mobula, a pod's requests equal its limits: {parts.limits[key]}."
            losses.append(Loss(path=f"{path}.template.resources.requests.{key}", why=why))


def _hardware(
    parts: PodParts, found: Accelerators, choice: NodeChoice, path: str, losses: list[Loss]
) -> Plain:
    hardware: Plain = {}
    amounts = parts.amounts
    if cpus := whole(amounts.get("cpu")):
        hardware["CPU"] = cpus
    if "cpu" in amounts and amount(amounts["cpu"]) != cpus:
        why = f"Mobula counts whole CPUs: {amounts['cpu']} is {cpus or 'not imported'}."
        losses.append(Loss(path=f"{path}.resources.cpu", why=why))
    if memory := whole(amounts.get("memory")):
        hardware["memory"] = format_bytes(memory)
    elif amounts.get("memory") and amount(amounts["memory"]) != 0:
        why = f"{str(amounts['memory'])[:40]!r} is not an amount of memory that machines have."
        losses.append(Loss(path=f"{path}.resources.memory", why=why))
    hardware |= found.hardware
    if choice.architecture:
        hardware["cpu_architecture"] = choice.architecture
    return hardware


def _count_gpus_of_ray(hardware: Plain, logical: Plain, path: str, losses: list[Loss]) -> None:
    """Count GPUs that only the start parameters set, as of a whole node that the pod selects."""
    gpus = logical.get("GPU", 0)
    if gpus and not hardware.get("GPU") and gpus == int(gpus):
        hardware["GPU"] = int(gpus)
        why = f"The pods request no GPU, but Ray is started with {gpus}: imported as {gpus} {GPU}."
        losses.append(Loss(path=f"{path}.template.resources", why=why))


_USUAL_MEMORY = 4 * GIB
"""Of each CPU, as most machines have it."""


def _fill(hardware: Plain, logical: Plain, path: str, losses: list[Loss]) -> None:
    """Pods without a limit use what their node has left; in Mobula each has a size."""
    if not hardware.get("CPU"):
        hardware["CPU"] = ceil(logical.get("CPU", 0)) or 1
        why = f"The pods request no CPU: imported with {hardware['CPU']}."
        losses.append(Loss(path=f"{path}.template.resources.cpu", why=why))
    if "memory" not in hardware:
        memory = max(hardware["CPU"] * _USUAL_MEMORY, ceil(logical.get("memory", 0)))
        hardware["memory"] = format_bytes(memory)
        why = f"The pods request no memory: imported with {hardware['memory']}."
        losses.append(Loss(path=f"{path}.template.resources.memory", why=why))


def _required_labels(hardware: Plain, choice: NodeChoice, labels: Plain) -> Plain:
    if not hardware.get("TPU"):
        return {}
    wanted = {ACCELERATOR: choice.tpu_model, TPU_TOPOLOGY: choice.tpu_topology}
    return {key: value for key, value in wanted.items() if value and key not in labels}


def _patch(
    parts: PodParts,
    choice: NodeChoice,
    hardware: Plain,
    zones: tuple[str, ...],
    path: str,
    losses: list[Loss],
) -> Plain:
    """All of the pod that the fields cannot say, as Anyscale's patch says it."""
    rest = without_zones(parts.spec, zones)
    rest.pop("containers", None)
    selector = {
        key: value
        for key, value in mapping(rest.pop("nodeSelector", {})).items()
        if not _is_said(key, str(value), choice, hardware)
    }
    if selector:
        rest["nodeSelector"] = selector
    policy = rest.get("restartPolicy")
    if policy not in (None, "Never"):
        del rest["restartPolicy"]
        why = f"{policy}: failed pods are replaced, not restarted, with the autoscaler's v2."
        losses.append(Loss(path=f"{path}.template.spec.restartPolicy", why=why))
    ray = {key: value for key, value in parts.ray.items() if key not in _OF_RAY}
    extended = {
        kind: {key: value for key, value in mapping(amounts).items() if key not in HARDWARE}
        for kind, amounts in mapping(parts.ray.get("resources")).items()
        if kind in ("requests", "limits")
    }
    if more := without_empty(extended):
        ray["resources"] = more
    containers = [*([{"name": "ray", **ray}] if ray else []), *parts.others]
    spec = {**rest, "containers": containers} if containers else rest
    patch = without_empty({"metadata": mapping(parts.template.get("metadata")), "spec": spec})
    patch = with_container_named(patch, "ray", instead_of=str(parts.ray.get("name")))
    return _without_nulls(patch)


def _is_said(key: str, value: str, choice: NodeChoice, hardware: Plain) -> bool:
    """True if a field says what this node selector says, so that an export writes it again."""
    if key == ARCH:
        return choice.architecture is not None
    if not hardware.get("TPU"):
        return False
    if key == TPU_ACCELERATOR:
        return bool(choice.tpu_model) and gke_name_of(choice.tpu_model or "") == value
    return key == TPU_TOPOLOGY_SELECTOR


def _without_nulls(plain: Plain) -> Plain:
    """The mapping without keys that have no value, which Kubernetes takes for missing ones."""
    return {key: _clean(value) for key, value in plain.items() if value is not None}


def _clean(value: object) -> object:
    if isinstance(value, dict):
        return _without_nulls(value)
    return [_clean(item) for item in value] if isinstance(value, list) else value
