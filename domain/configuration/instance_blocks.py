"""The raw instance configuration that holds for a node: its own, or merged with the cluster's."""

from domain.configuration.patching import BLOCKS, patched
from domain.configuration.spec import ComputeConfig, NodeConfig, Plain


def block_of(config: ComputeConfig, node: NodeConfig) -> Plain:
    """The node's block. It replaces the cluster's, as at Anyscale, unless both are to be merged."""
    own, shared = node.advanced_instance_config, dict(config.advanced_instance_config)
    if own is None:
        return shared
    return patched(shared, own, BLOCKS) if config.mobula.merge_instance_config else dict(own)
