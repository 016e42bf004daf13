"""What Compute Engine refuses in a whole configuration."""

from __future__ import annotations

from collections.abc import Iterator

from domain.configuration.spec import ComputeConfig, NodeConfig
from domain.problems import Problem, error
from providers.gcp.attached import attached_at

# Only these machines take GPUs that are attached to them [Compute Engine: GPU machine types].
ATTACHABLE = "n1-"
_HINT = "Only N1 machines take attached GPUs. Set an `instance_type` that has the GPUs: G2, A2, A3."


def check_config(config: ComputeConfig) -> Iterator[Problem]:
    """GPUs that are attached to machines which have their own, or can have none."""
    nodes: list[tuple[str, NodeConfig]] = [
        (f"worker_nodes[{index}]", group) for index, group in enumerate(config.groups)
    ]
    if config.head_node:
        nodes.insert(0, ("head_node", config.head_node))
    for path, node in nodes:
        if node.advanced_instance_config and not (node.instance_type or "").startswith(ATTACHABLE):
            yield from _refused(node.advanced_instance_config, f"{path}.advanced_instance_config")
    if config.advanced_instance_config and any(
        node.advanced_instance_config is None
        and not (node.instance_type or "").startswith(ATTACHABLE)
        for _, node in nodes
    ):
        yield from _refused(config.advanced_instance_config, "advanced_instance_config")


def _refused(block: dict[str, object], path: str) -> Iterator[Problem]:
    for place in attached_at(block):
        at = ".".join((path, *place))
        message = f"`{place[-1]}` attaches GPUs to a machine that cannot take them."
        yield error(at, "gpus-not-attachable", message, hint=_HINT)
