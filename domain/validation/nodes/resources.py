"""Checks of a node's logical resources: their names, their amounts, and the machine beneath."""

from collections.abc import Iterator, Mapping

from domain.catalogue.accelerators import ACCELERATOR_TYPE, models_of
from domain.catalogue.node_resources import RESERVATIONS, machine_of
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import NodeConfig
from domain.problems import (
    Problem,
    error,
    inside,
    note,
    removing,
    renaming,
    setting,
    shown,
    warning,
)
from domain.quantities import GIB, MIB, TIB, amount_of, format_bytes
from domain.validation.nodes.labels import below

TYPED_RESOURCES = ("CPU", "GPU", "TPU", "memory", "object_store_memory")
LARGEST_MEMORY = 24 * TIB  # no machine of any cloud has more
_IN_BYTES = ("memory", "object_store_memory")


def resource_problems(node: NodeConfig, path: str, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with the `resources` of one node."""
    at = f"{path}.resources"
    yield from name_problems(node.resources, at)
    yield from _amounts(node.resources, at)
    yield from byte_problems(node.resources, at)
    yield from _object_store(node.resources, at)
    yield from _against_machine(node, path, target)


def name_problems(resources: Mapping[str, float], path: str) -> Iterator[Problem]:
    """Names of resources that Ray takes for others than were meant."""
    typed = {name.lower(): name for name in TYPED_RESOURCES}
    for name in resources:
        at, meant = below(path, name), typed.get(name.lower(), name)
        if name != meant:
            message = f"{shown(name)} is a custom resource; Ray's own is called `{meant}`."
            here = inside(path, name)
            fix = renaming(here, meant) if meant not in resources else removing(here)
            hint = f"Write `{meant}`."
            yield warning(at, "resource-letter-case", message, hint=hint, fix=fix)
        elif name.startswith("node:"):
            message = f"The resource {shown(name)} is set by Ray."
            hint = "Remove it: Ray's value applies."
            gone = removing(inside(path, name))
            yield warning(at, "resource-set-by-ray", message, hint=hint, fix=gone)


def _amounts(resources: Mapping[str, float], path: str) -> Iterator[Problem]:
    for name, amount in resources.items():
        if amount != int(amount):
            at, up = below(path, name), int(amount) + 1
            message = f"Ray requires whole numbers for a node's resources, not {amount}."
            hint = f"Write {up} or {int(amount)}."
            fix = setting(inside(path, name), up)
            yield error(at, "fractional-resource", message, hint=hint, fix=fix)


def byte_problems(resources: Mapping[str, float], path: str) -> Iterator[Problem]:
    """Amounts of memory that are in bytes, but were surely meant in a larger unit."""
    for name in _IN_BYTES:
        amount = resources.get(name, 0)
        if 0 < amount < MIB:
            # Whoever forgets the unit means GiB, or MiB where no machine has so many GiB.
            unit, word = (GIB, "GiB") if amount * GIB <= LARGEST_MEMORY else (MIB, "MiB")
            at, meant = f"{path}.{name}", max(int(amount * unit), MIB)
            message = f"A {name} of {amount:g} is in bytes: too small."
            hint = f"Did you mean {meant} ({amount:g} {word})?"
            fix = setting(at, meant, label=f"{amount:g} {word}")
            yield warning(at, "resource-in-bytes", message, hint=hint, fix=fix)


def _object_store(resources: Mapping[str, float], path: str) -> Iterator[Problem]:
    store, memory = resources.get("object_store_memory", 0), resources.get("memory", 0)
    if memory and store > memory:
        message = (
            f"The object store ({format_bytes(int(store))}) is larger than the memory of the node "
            f"({format_bytes(int(memory))})."
        )
        hint = "The object store comes on top of task memory: both must fit on the machine."
        yield warning(f"{path}.object_store_memory", "object-store-too-large", message, hint=hint)


def _against_machine(node: NodeConfig, path: str, target: RegionCatalogue) -> Iterator[Problem]:
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
            at = f"{path}.resources.{name}"
            message = (
                f"The node reports {amount_of(name, logical)}, "
                f"but its machine has {amount_of(name, physical)}."
            )
            hint = f"Lower it to {_as_bytes(name, physical)}."
            fix = setting(at, int(physical))  # Ray takes whole numbers
            yield report(at, "logical-exceeds-physical", message, hint=hint, fix=fix)
    yield from _accelerators(node, path, models=models_of(machine))
    yield from _reserved(node, path, cpus=machine.vcpus, memory=machine.memory_bytes)
    if node.resources.get("GPU") == 0 and machine.gpus:
        message = f"The machine's {machine.gpus:g} GPUs are billed but hidden from Ray."
        hint = "Choose a machine without GPUs, or remove the 0."
        at = f"{path}.resources.GPU"
        yield note(at, "gpus-hidden", message, hint=hint, fix=removing(at))


def _accelerators(node: NodeConfig, path: str, *, models: list[str]) -> Iterator[Problem]:
    """A model that the machine does not have: work that asks for it would run on another one."""
    for name, amount in node.resources.items():
        model = name.removeprefix(ACCELERATOR_TYPE)
        if model == name or not amount or not models or model in models:
            continue
        message = f"The node reports {shown(name)}, but its machine has {models[-1]}."
        hint = (
            f"Work that requests {model} would run on {models[-1]}. Choose a machine with {model}."
        )
        at = below(f"{path}.resources", name)
        yield warning(at, "accelerator-not-on-machine", message, hint=hint)


def _reserved(node: NodeConfig, path: str, *, cpus: float, memory: int) -> Iterator[Problem]:
    limits = dict(zip(sorted(RESERVATIONS), (cpus * 1000, memory), strict=True))
    for name, most in limits.items():
        if most and node.resources.get(name, 0) >= most:
            at, message = f"{path}.resources.{name}", f"`{name}` takes all of the machine."
            hint = f"It has {most:g}; leave some for work."
            yield error(at, "reservation-too-large", message, hint=hint, fix=removing(at))


def _as_bytes(name: str, amount: float) -> str:
    if name != "memory":
        return amount_of(name, amount)
    return f"{int(amount)} ({format_bytes(int(amount))})"
