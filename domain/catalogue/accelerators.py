"""What Ray gives a node by its accelerators: their own resource, and one that names the model.

A task of `accelerator_type="A10G"` asks for 0.001 of `accelerator_type:A10G`, of which Ray gives
each node with such a GPU 1 [ray/_private/resource_and_label_spec.py, Ray 2.60].
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TypedDict

from domain.configuration.ray_labels import ACCELERATOR, TPU_TOPOLOGY
from domain.offerings import InstanceType

ACCELERATOR_TYPE = "accelerator_type:"
UNNAMED_TPU = "TPU"
"""The accelerator of TPU hosts whose generation nobody names."""
# Ray's resource of each kind of accelerator that is no GPU, by how its models begin
# [ray/_private/accelerators].
_RESOURCES = {"TPU": "TPU", "aws-neuron-core": "neuron_cores", "Intel-GAUDI": "HPU",
              "Ascend": "NPU"}  # fmt: skip
# The one model of a resource that a configuration can only name by its amount.
_ONLY_MODELS = {"neuron_cores": "aws-neuron-core", "HPU": "Intel-GAUDI"}
# Models whose parts tasks may ask for beside them, by the GiB of one GPU [ray.util.accelerators].
_PARTS = {"A100": {40: "A100-40G", 80: "A100-80G"}}
# Anyscale's name of a model, and Ray's.
_ALIASES = {"TPU-V5E": ["TPU-V5E", "TPU-V5LITEPOD"]}
_SIZED = re.compile(r"(?P<model>.+)-(?P<gb>\d+)GB?\Z", re.ASCII)  # "A100-80G", "V100-32G"
_GIB = 2**30
# How many cores Ray sees on one device of AWS [neuron-ls; AWS_NEURON_INSTANCE_MAP of Ray]. Those
# of Trainium2 are logical cores, two physical ones each, as its driver counts unless told.
NEURON_CORES = {"Inferentia": 4, "Inferentia2": 2, "Trainium": 2, "Trainium2": 4}
# Generations with one core a chip; all others have two [ray/_private/accelerators/tpu.py].
_SINGLE_CORE = {"v5litepod", "v6e"}


class AcceleratorFields(TypedDict):
    """What an `InstanceType` says of accelerators that are no GPUs."""

    accelerator: str
    accelerator_units: float


NO_ACCELERATOR = AcceleratorFields(accelerator="", accelerator_units=0)


def neuron(cores: float) -> AcceleratorFields:
    """Return the fields of a machine with so many cores of Inferentia or Trainium."""
    return AcceleratorFields(
        accelerator="aws-neuron-core" if cores else "", accelerator_units=cores
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """TPU hosts that come and go together."""

    hosts: int
    head: str = ""  # the resource of which only the first host has 1; "": not known


def accelerator_resources(
    machine: InstanceType, *, declared: Mapping[str, float], gpus: float
) -> dict[str, float]:
    """Return the resources that Ray gives one node by its accelerators, GPUs themselves left out.

    `declared` are the resources that the configuration names, `gpus` those that Ray is told of:
    where they are hidden, Ray looks for no model either.
    """
    amounts: dict[str, float] = {}
    if machine.accelerator_units:
        amounts[resource_of(machine.accelerator)] = machine.accelerator_units
    models = models_of(machine) if gpus > 0 else []
    if machine.accelerator_units:
        models += _ALIASES.get(machine.accelerator, [machine.accelerator])
    models += [model for name, model in _ONLY_MODELS.items() if declared.get(name)]
    named = (model for model in models if model != UNNAMED_TPU)
    return amounts | {f"{ACCELERATOR_TYPE}{model}": 1.0 for model in named}


def models_of(machine: InstanceType) -> list[str]:
    """Return the names that tasks may ask for the machine's GPUs by: the model, then its part."""
    if not machine.gpu_model:
        return []
    sized = _SIZED.match(machine.gpu_model)
    whole = sized["model"] if sized else machine.gpu_model
    part = _PARTS.get(whole, {}).get(int(sized["gb"]), "") if sized else part_of(machine)
    return [whole, part] if part else [whole]


def has_model(machine: InstanceType, wanted: str) -> bool:
    """Tell whether the machine's accelerator is the wanted one: "A100", or by size "A100-80G"."""
    if wanted in {machine.gpu_model, machine.accelerator}:
        return True
    if machine.accelerator:
        return wanted in _ALIASES.get(machine.accelerator, ())
    sized = _SIZED.match(wanted)
    if not sized or sized["model"] != machine.gpu_model or not machine.gpus:
        return False
    each = machine.gpu_memory_bytes / machine.gpus
    # Clouds count in GiB, or list what is left of the GB on the label.
    return any(abs(each / unit - int(sized["gb"])) < 1 for unit in (_GIB, 10**9))


def part_of(machine: InstanceType) -> str:
    """Return the name of the model's part by the memory of one GPU: "A100-80G"; "" if it has none.

    AWS and Google Cloud list 320 and 640 GiB for eight; a GPU of 80 GB has 80 of those.
    """
    if not (machine.gpus and machine.gpu_memory_bytes):
        return ""
    each = round(machine.gpu_memory_bytes / machine.gpus / _GIB)
    return _PARTS.get(machine.gpu_model, {}).get(each, "")


def resource_of(model: str) -> str:
    """Return Ray's resource of an accelerator that is no GPU."""
    return next(name for start, name in _RESOURCES.items() if model.startswith(start))


def slice_of(labels: Mapping[str, str], *, hosts: int) -> Slice:
    """Return the slice that TPU hosts with these labels form.

    Ray calls its type by generation and cores: v6e-16, v4-32.
    """
    generation = labels.get(ACCELERATOR, "").lower().removeprefix("tpu-")
    generation = {"v5e": "v5litepod"}.get(generation, generation)
    sides = labels.get(TPU_TOPOLOGY, "").split("x")
    if not labels.get(ACCELERATOR, "").startswith("TPU-") or not all(map(str.isdecimal, sides)):
        return Slice(hosts=hosts)
    cores = prod(int(side) for side in sides) * (1 if generation in _SINGLE_CORE else 2)
    return Slice(hosts=hosts, head=f"TPU-{generation}-{cores}-head")
