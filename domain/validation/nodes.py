"""Checks of each node by itself: its machine, its logical resources, its labels, its group."""

import re
from collections.abc import Iterator, Mapping

from domain.offerings import InstanceType
from domain.problems import Problem, did_you_mean, error, path_of, shown, warning
from domain.quantities import MIB, TIB, amount_of, format_bytes
from domain.spec import ComputeConfig, NodeConfig, PhysicalResources, WorkerGroup
from domain.target import Target
from domain.validation.instances import machine_of

# No machine of any cloud has more than this: (CPUs, bytes, GPUs).
LARGEST_MACHINE = {"CPU": 512, "memory": 24 * TIB, "GPU": 16}
LONGEST_NAME = 63
TYPED_RESOURCES = ("CPU", "GPU", "TPU", "memory", "object_store_memory")
ACCELERATOR = "ray.io/accelerator-type"

_LABEL = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?\Z")
_LABEL_PREFIX = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z")


def node_problems(config: ComputeConfig, *, target: Target) -> Iterator[Problem]:
    """What is wrong with the head and with each group, taken one by one."""
    if config.head_node is not None:
        yield from _node(config.head_node, "head_node", target)
    first_of_name: dict[str, int] = {}
    for index, group in enumerate(config.groups):
        path = f"worker_nodes[{index}]"
        yield from _node(group, path, target)
        yield from _group(group, path)
        if group.name and first_of_name.setdefault(group.name, index) != index:
            message = f"Two groups are called {shown(group.name)}."
            hint = f"worker_nodes[{first_of_name[group.name]}] has the name already."
            yield error(f"{path}.name", "duplicate-group-name", message, hint=hint)


def _node(node: NodeConfig, path: str, target: Target) -> Iterator[Problem]:
    yield from _machine(node, path, target)
    yield from _resource_names(node.resources, f"{path}.resources")
    yield from _logical_against_physical(node, path, target)
    yield from _labels(node.labels, f"{path}.labels")
    yield from _labels(node.required_labels, f"{path}.required_labels")
    if ACCELERATOR in node.required_labels and not _has_accelerator(node.required_resources):
        wanted = shown(node.required_labels[ACCELERATOR])
        message = f"The accelerator {wanted} is asked for, but no number of GPUs."
        hint = "Set GPU in `required_resources`."
        yield error(f"{path}.required_labels", "accelerator-without-gpu", message, hint=hint)


def _has_accelerator(required: PhysicalResources | None) -> bool:
    return required is not None and bool(required.GPU or required.TPU)


def _machine(node: NodeConfig, path: str, target: Target) -> Iterator[Problem]:
    required, name = node.required_resources, node.instance_type
    at = f"{path}.instance_type"
    if required is None and not name:
        message = "An `instance_type` is needed when there are no `required_resources`."
        yield error(at, "machine-missing", message, hint="Name the type of machine.")
    elif required is not None and name:
        message = f"Both `instance_type: {name[:60]}` and `required_resources` are given."
        yield error(at, "machine-twice", message, hint="Remove one of the two.")
    elif required is not None:
        yield from _hardware(required, f"{path}.required_resources")
        if target.types is not None and not any(_fits(t, required) for t in target.types.values()):
            message = "No instance type of this cloud has the required hardware."
            hint = "Ask for less, or name an `instance_type`."
            yield error(f"{path}.required_resources", "no-type-fits", message, hint=hint)
    elif target.types is not None and name not in target.types:
        hint = did_you_mean(str(name), target.types)
        message = f"This cloud has no instance type {shown(name)}."
        yield error(at, "unknown-instance-type", message, hint=hint)


def _fits(offered: InstanceType, required: PhysicalResources) -> bool:
    return (
        offered.vcpus >= (required.CPU or 0)
        and offered.memory_bytes >= (required.memory or 0)
        and offered.gpus == (required.GPU or 0)
    )


def _hardware(required: PhysicalResources, path: str) -> Iterator[Problem]:
    if not required.CPU:
        message = "`required_resources` must ask for at least one CPU."
        yield error(f"{path}.CPU", "required-cpu-missing", message, hint="Add CPU: 1 or more.")
    if not required.memory:
        message = "`required_resources` must ask for memory."
        yield error(f"{path}.memory", "required-memory-missing", message, hint="Add memory: 8Gi.")
    elif required.memory < MIB:
        message = f"A memory of {required.memory} is only that many bytes."
        hint = f"Did you mean {required.memory}Gi?"
        yield error(f"{path}.memory", "memory-without-unit", message, hint=hint)
    for name, most in LARGEST_MACHINE.items():
        asked = getattr(required, name) or 0
        if asked > most:
            message = f"No machine has {amount_of(name, asked)}."
            hint = f"The most is {amount_of(name, most)}."
            yield error(f"{path}.{name}", "required-too-large", message, hint=hint)


def _resource_names(resources: Mapping[str, float], path: str) -> Iterator[Problem]:
    typed = {name.lower(): name for name in TYPED_RESOURCES}
    for name, amount in resources.items():
        at = _below(path, name)
        meant = typed.get(name.lower(), name)
        if name != meant:
            message = f"{shown(name)} is a custom resource; Ray's own is called `{meant}`."
            yield warning(at, "resource-letter-case", message, hint=f"Write `{meant}`.")
        if amount != int(amount):
            message = f"Ray takes whole numbers for a node's resources, not {amount}."
            hint = f"Write {int(amount) + 1} or {int(amount)}."
            yield error(at, "fractional-resource", message, hint=hint)


def _logical_against_physical(node: NodeConfig, path: str, target: Target) -> Iterator[Problem]:
    """Declared hardware is a promise; on a named type, tests may pretend to have more."""
    machine = machine_of(node, target)
    if machine is None:
        return
    has = {"CPU": machine.vcpus, "GPU": machine.gpus, "memory": machine.memory_bytes}
    report = error if node.required_resources else warning
    for name, physical in has.items():
        logical = node.resources.get(name, 0)
        declared = node.required_resources is None or physical > 0 or name == "GPU"
        if logical > physical and declared:
            message = (
                f"The node reports {amount_of(name, logical)}, "
                f"but its machine has {amount_of(name, physical)}."
            )
            hint = f"Lower it to {_as_bytes(name, physical)}."
            at = f"{path}.resources.{name}"
            yield report(at, "logical-exceeds-physical", message, hint=hint)


def _as_bytes(name: str, amount: float) -> str:
    if name != "memory":
        return amount_of(name, amount)
    return f"{int(amount)} ({format_bytes(int(amount))})"


def _labels(labels: Mapping[str, str], path: str) -> Iterator[Problem]:
    for key, value in labels.items():
        at = _below(path, key)
        prefix, slash, name = key.rpartition("/")
        for text, form in ((name, _LABEL), (value, _LABEL)):
            if len(text) > LONGEST_NAME:
                message = f"{shown(text)} has {len(text)} characters; Ray allows {LONGEST_NAME}."
                yield error(at, "label-too-long", message, hint="Shorten it.")
            elif not form.match(text):
                yield _bad_label(at, text)
        if not name or (slash and not _LABEL_PREFIX.match(prefix)):
            yield _bad_label(at, key)


def _bad_label(path: str, text: str) -> Problem:
    message = f"{shown(text)} is not a label that Ray takes."
    hint = "Use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends."
    return error(path, "label-characters", message, hint=hint)


def _group(group: WorkerGroup, path: str) -> Iterator[Problem]:
    name = group.name
    if not name and (group.instance_type or group.required_resources):
        message = "The group's name is empty."
        yield error(f"{path}.name", "group-name-empty", message, hint="Give it a name.")
    elif len(name) > LONGEST_NAME:
        message = f"The group's name has {len(name)} characters; a Ray label has {LONGEST_NAME}."
        yield error(f"{path}.name", "group-name-too-long", message, hint="Shorten it.")
    elif not _LABEL.match(name):
        message = f"{shown(name)} cannot be the name of a group: it becomes a Ray label."
        hint = "Use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends."
        yield error(f"{path}.name", "group-name-characters", message, hint=hint)
    if group.max_nodes < group.min_nodes:
        message = f"Minimum exceeds maximum ({group.min_nodes} > {group.max_nodes})."
        hint = f"Raise `max_nodes` to {group.min_nodes} or lower `min_nodes`."
        yield error(f"{path}.max_nodes", "max-below-min", message, hint=hint)


def _below(path: str, key: str) -> str:
    """The path of one key under a path, with brackets where the key needs them."""
    step = path_of((key,))
    return f"{path}{step}" if step.startswith("[") else f"{path}.{step}"
