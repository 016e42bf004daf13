"""Keys of raw instance configurations that the launch sets, or that other clouds have."""

from collections.abc import Iterator, Mapping

from domain.catalogue.region import RegionCatalogue
from domain.offerings import ProviderKind
from domain.problems import Loc, Problem, did_you_mean, error, nearest, path_of, removing, renaming
from domain.validation.providers import rules_of

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
    ProviderKind.GCP: frozenset({
        "count", "minCount", "min_count", "namePattern", "name_pattern", "machineType",
        "machine_type", "guestAccelerators", "guest_accelerators",
    }),
}  # fmt: skip
# The keys under which the machines' own properties stand, where the same is refused.
_PROPERTIES: Mapping[ProviderKind, frozenset[str]] = {
    ProviderKind.GCP: frozenset({"instanceProperties", "instance_properties"}),
}
_GPUS = "GPUs come with the machine type."
_TYPE = "Set the node's `instance_type`."
_INSTEAD = {
    "ImageId": "The image is chosen by `mobula.image`.",
    "InstanceType": _TYPE,
    "machineType": _TYPE,
    "machine_type": _TYPE,
    "SecurityGroups": "Name their ids in `SecurityGroupIds`.",
    "guestAccelerators": _GPUS,
    "guest_accelerators": _GPUS,
}


def foreign_keys(
    block: Mapping[str, object], loc: Loc, target: RegionCatalogue
) -> Iterator[Problem]:
    """Keys that only another provider's machines know."""
    here = rules_of(target.provider)
    for provider, keys in _OWN_KEYS.items():
        if target.provider in {None, provider}:
            continue
        own = _OWN_KEYS.get(target.provider, frozenset()) if target.provider else frozenset()
        for key in sorted(block.keys() & (keys - own)):
            name, at = rules_of(provider).name, path_of((*loc, key))
            message = f"`{key}` belongs to {name}; this cloud is {here.name}."
            yield error(at, "block-of-other-provider", message, hint="Remove it.")


def refused_keys(
    block: Mapping[str, object], loc: Loc, target: RegionCatalogue
) -> Iterator[Problem]:
    """Keys that the launch itself sets, which the provider's driver refuses."""
    if target.provider is None:
        return
    keys = _REFUSED.get(target.provider, frozenset())
    for key in sorted(block.keys() & keys):
        at, message = path_of((*loc, key)), f"`{key}` is set by the launch itself."
        hint = _INSTEAD.get(key, "Remove it.")
        yield error(at, "block-refused-key", message, hint=hint, fix=removing((*loc, key)))
    for key in sorted(block.keys() & _PROPERTIES.get(target.provider, frozenset())):
        inner = block[key]
        if isinstance(inner, Mapping):
            yield from refused_keys(inner, (*loc, key), target)


def keys_beside_the_pod(block: Mapping[str, object], loc: Loc) -> Iterator[Problem]:
    """Keys at the top of a pod's patch that no pod has."""
    parts = ("metadata", "spec")
    for key in sorted(block.keys() - set(parts)):
        at, message = path_of((*loc, key)), f"`{key}` is no part of a pod."
        near = nearest(key, [part for part in parts if part not in block])
        hint = did_you_mean(key, [near]) if near else "A pod's patch has `metadata` and `spec`."
        fix = renaming((*loc, key), near) if near else removing((*loc, key))
        yield error(at, "block-unknown-key", message, hint=hint, fix=fix)
