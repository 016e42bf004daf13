"""Checks of raw instance configurations: what replaces what, and what the provider refuses."""

from collections.abc import Iterator, Mapping

from domain.offerings import ProviderKind
from domain.problems import Problem, error, removing, setting, warning
from domain.spec import ComputeConfig
from domain.target import Target
from domain.validation.providers import rules_of

KEY = "advanced_instance_config"
# Keys that only one provider's blocks have at their top.
_OWN_KEYS: Mapping[ProviderKind, frozenset[str]] = {
    ProviderKind.AWS: frozenset({
        "BlockDeviceMappings", "IamInstanceProfile", "SecurityGroupIds", "SubnetId",
        "NetworkInterfaces", "Placement", "CapacityReservationSpecification",
        "InstanceMarketOptions", "TagSpecifications", "MetadataOptions", "KeyName", "ImageId",
    }),
    ProviderKind.GCP: frozenset({
        "instanceProperties", "instance_properties", "disks", "service_accounts",
        "serviceAccounts", "network_interfaces", "networkInterfaces", "reservationAffinity",
    }),
    ProviderKind.KUBERNETES: frozenset({"metadata", "spec"}),
}  # fmt: skip


# What Anyscale's documentation says is refused, since the launch sets it.
_REFUSED: Mapping[ProviderKind, frozenset[str]] = {
    ProviderKind.AWS: frozenset({
        "ClientToken", "DryRun", "ImageId", "InstanceType", "Ipv6Addresses", "LaunchTemplate",
        "MaxCount", "MinCount", "PrivateIpAddress", "SecurityGroups", "UserData",
    }),
    ProviderKind.GCP: frozenset({"count", "minCount", "namePattern", "guest_accelerators"}),
}  # fmt: skip
_INSTEAD = {
    "ImageId": "The image is chosen by `mobula.image`.",
    "InstanceType": "Set the node's `instance_type`.",
    "SecurityGroups": "Name their ids in `SecurityGroupIds`.",
    "guest_accelerators": "GPUs come with the machine type.",
}


def block_problems(config: ComputeConfig, target: Target) -> Iterator[Problem]:
    """What is wrong with the raw blocks of the cluster and of its nodes."""
    blocks = dict(_blocks(config))
    for path, block in blocks.items():
        foreign = list(_foreign(block, path, target))
        yield from foreign
        yield from _refused(block, path, target)
        if block and not foreign and target.check_block is not None:
            yield from target.check_block(block, path)
    if not config.mobula.merge_instance_config:
        yield from _replaced(config, blocks)


def _blocks(config: ComputeConfig) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Each block that is written, by its path."""
    yield KEY, config.advanced_instance_config
    if config.head_node and config.head_node.advanced_instance_config is not None:
        yield f"head_node.{KEY}", config.head_node.advanced_instance_config
    for index, group in enumerate(config.groups):
        if group.advanced_instance_config is not None:
            yield f"worker_nodes[{index}].{KEY}", group.advanced_instance_config


def _foreign(block: Mapping[str, object], path: str, target: Target) -> Iterator[Problem]:
    here = rules_of(target.provider)
    for provider, keys in _OWN_KEYS.items():
        if target.provider in {None, provider}:
            continue
        own = _OWN_KEYS.get(target.provider, frozenset()) if target.provider else frozenset()
        for key in sorted(block.keys() & (keys - own)):
            name = rules_of(provider).name
            message = f"`{key}` belongs to {name}; this cloud is {here.name}."
            yield error(f"{path}.{key}", "block-of-other-provider", message, hint="Remove it.")


def _refused(block: Mapping[str, object], path: str, target: Target) -> Iterator[Problem]:
    """Keys that the launch itself sets, which the provider's driver refuses."""
    keys = _REFUSED.get(target.provider, frozenset()) if target.provider else frozenset()
    for key in sorted(block.keys() & keys):
        at, message = f"{path}.{key}", f"`{key}` is set by the launch itself."
        hint = _INSTEAD.get(key, "Remove it.")
        yield error(at, "block-refused-key", message, hint=hint, fix=removing(at))
    if target.provider is ProviderKind.KUBERNETES:
        for key in sorted(block.keys() - {"metadata", "spec"}):
            at, message = f"{path}.{key}", f"`{key}` is no part of a pod."
            hint = "A pod's patch has `metadata` and `spec`."
            yield error(at, "block-unknown-key", message, hint=hint, fix=removing(at))


def _replaced(config: ComputeConfig, blocks: Mapping[str, object]) -> Iterator[Problem]:
    """A node's block replaces the cluster's: what only the cluster's says is lost there."""
    whole = config.advanced_instance_config
    for path, block in blocks.items():
        if path == KEY or not isinstance(block, Mapping):
            continue
        lost = sorted(whole.keys() - block.keys())
        if lost:
            names = ", ".join(f"`{name}`" for name in lost)
            message = f"This block replaces the cluster's: {names} of it does not hold here."
            hint = "Repeat it here, or let the blocks be merged."
            fix = setting("mobula.merge_instance_config", True, label="Merge the blocks")
            yield warning(path, "block-replaces", shown_whole(message), hint=hint, fix=fix)


def shown_whole(message: str) -> str:
    """A message that names many keys, cut where nobody reads on."""
    return message if len(message) <= 300 else f"{message[:297]}..."
