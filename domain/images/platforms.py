"""Whether an image is built for the machines of a configuration's nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.catalogue.matching import types_for
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, NodeConfig, WorkerGroup
from domain.offerings import InstanceType, Market
from domain.problems import Problem, warning

CODE = "image-without-platform"
# What registries call the architectures of the catalog.
_OCI = {"x86_64": "amd64", "arm64": "arm64"}


def platform_name(platform: Mapping[str, Any]) -> str:
    """Return "linux/arm64", with the variant where there is one."""
    parts = (platform.get("os"), platform.get("architecture"), platform.get("variant"))
    return "/".join(str(part) for part in parts if part)


def wrong_platforms(
    config: ComputeConfig,
    *,
    target: RegionCatalogue,
    image: str,
    platforms: Sequence[Mapping[str, Any]],
) -> Iterator[Problem]:
    """Yield a problem for each node whose machine the image is not built for.

    Of each platform: os, architecture, variant. Nothing is said where the image's platforms or the
    machine are not known, or where the target pulls no images.
    """
    if not target.traits.pulls_images or not platforms:
        return
    built_for = {str(one.get("architecture")) for one in platforms if one.get("os") == "linux"}
    has = ", ".join(sorted(platform_name(one) for one in platforms))
    for path, node in _nodes(config):
        machine = _machine(node, target)
        wanted = _OCI.get(machine.arch) if machine else None
        if machine is None or wanted is None or wanted in built_for:
            continue
        yield warning(
            path,
            CODE,
            f"{_name(node)} runs on {machine.name}, which needs linux/{wanted}; "
            f"{image} has only {has}.",
            hint=f"{_other_machine(built_for)} an image version built for linux/{wanted}.",
        )


def machines_wanted(config: ComputeConfig, *, target: RegionCatalogue) -> str:
    """Return what a base image must be for: "gpu", "arm64", "cpu", or "" where that is not known.

    Nodes of different architectures have no base in common that is known.
    """
    if not target.traits.pulls_images:
        return ""
    machines = [_machine(node, target) for _, node in _nodes(config)]
    known = [machine for machine in machines if machine is not None]
    architectures = {machine.arch for machine in known}
    if len(known) < len(machines) or len(architectures) != 1:
        return ""
    if architectures == {"arm64"}:
        return "arm64"
    return "gpu" if any(machine.gpus for machine in known) else "cpu"


def _nodes(config: ComputeConfig) -> Iterator[tuple[str, NodeConfig]]:
    if config.head_node is not None:
        yield "head_node", config.head_node
    for index, group in enumerate(config.groups):
        yield f"worker_nodes[{index}]", group


def _name(node: NodeConfig) -> str:
    return f"Group {node.name}" if isinstance(node, WorkerGroup) else "The head node"


def _machine(node: NodeConfig, target: RegionCatalogue) -> InstanceType | None:
    """Return the machine that the node gets first; None where its architecture is not known."""
    required = node.required_resources
    if target.traits.exact_sizes and not (required and required.cpu_architecture):
        return None  # any machine of that size, of which the target tells nothing
    return next(iter(types_for(node, target, market=Market.ON_DEMAND)), None)


def _other_machine(built_for: set[str]) -> str:
    known = [arch for arch, name in _OCI.items() if name in built_for]
    return f"Choose a machine type with {' or '.join(known)}, or" if known else "Choose"
