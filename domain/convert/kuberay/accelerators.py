"""Accelerators among a pod's resources, and what Ray gets by each of them.

The operator tells Ray the number of GPUs, TPUs and Neuron cores [KubeRay pod.go]; the others Ray
finds on the node itself when it starts [ray/_private/accelerators].
"""

import re
from dataclasses import dataclass, field

from domain.convert.kuberay.quantities import whole, without_zeros
from domain.convert.result import Plain

GPU, TPU = "nvidia.com/gpu", "google.com/tpu"
_GPU_KEY = re.compile(
    r".*gpu\Z|nvidia\.com/(?:gpu|mig-\d+g\.\d+gb(?:\.me)?)(?:\.shared)?\Z"
    r"|gpu\.intel\.com/(?:i915|xe)\Z"
)
_NEURON_CORE = "aws.amazon.com/neuroncore"
_NEURON_DEVICES = ("aws.amazon.com/neuron", "aws.amazon.com/neurondevice")
_OTHERS = (
    (re.compile(r"habana\.ai/gaudi\d?\Z"), "HPU"),
    (re.compile(r"huawei\.com/Ascend\w+\Z"), "NPU"),
    (re.compile(r"(?:alpha\.)?furiosa\.ai/.+\Z"), "FURIOSA"),
    (re.compile(r"rebellions\.ai/.+\Z"), "RBLN"),
)
# Inferentia2 and Trainium have two cores a device.
_CORES = 2
_CORES_OF_FAMILY = {"inf1": 4, "inf2": 2, "trn1": 2, "trn1n": 2, "trn2": 8, "trn2u": 8}


@dataclass(slots=True)
class Accelerators:
    """What a pod's limits give: hardware of ours, Ray's own resources, and what is not counted."""

    hardware: Plain = field(default_factory=dict)
    resources: Plain = field(default_factory=dict)
    losses: dict[str, str] = field(default_factory=dict)


def is_gpu(key: str) -> bool:
    """True if Ray counts this resource of a pod as GPUs: also MIG slices and other vendors'."""
    return bool(_GPU_KEY.match(key))


def accelerators_of(amounts: Plain, *, instance_type: str = "") -> Accelerators:
    """The accelerators among the amounts that a pod may use."""
    found = Accelerators()
    amounts = without_zeros(amounts)
    gpus = sorted(key for key in amounts if is_gpu(key))
    for index, key in enumerate(gpus):
        if index:
            why = f"The operator counts one kind of GPU a pod: {gpus[0]}."
            found.losses[key] = why
        elif (count := whole(amounts[key])) is not None:
            found.hardware["GPU"] = count
    if (count := whole(amounts.get(TPU))) is not None:
        found.hardware["TPU"] = count
    _count_neurons(amounts, instance_type, found)
    for key in sorted(amounts):
        for pattern, name in _OTHERS:
            if pattern.match(key) and (count := whole(amounts[key])) is not None:
                found.resources[name] = found.resources.get(name, 0) + count
    return found


def _count_neurons(amounts: Plain, instance_type: str, found: Accelerators) -> None:
    if (cores := whole(amounts.get(_NEURON_CORE))) is not None:
        found.resources["neuron_cores"] = cores
        return
    for key in _NEURON_DEVICES:
        if (devices := whole(amounts.get(key))) is not None:
            family = instance_type.partition(".")[0]
            cores = _CORES_OF_FAMILY.get(family, _CORES)
            found.resources["neuron_cores"] = devices * cores
            if family not in _CORES_OF_FAMILY:
                why = f"Counted as {cores} neuron_cores a device, as Inferentia2 and Trainium have."
                found.losses[key] = f"{why} For others, change resources.neuron_cores."
            return
