"""What a node type's `node_config` says of a machine: its fields, and the raw block of the rest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.convert.launcher.account import Account, says_something
from domain.convert.ray_up import MARKET, WRAPPERS, scheduling
from domain.convert.result import Plain, items, mapping, without_empty
from domain.problems import Problem, error

_OWN_IMAGE = "Mobula starts its own machine image; Ray's environment is the container image."
_USER_DATA = "Mobula's launch has its own user data: build these steps into the image."
_AT_LAUNCH = "Set by Mobula at launch."
_LOST: Mapping[str, Mapping[str, str]] = {
    "aws": {
        "ImageId": _OWN_IMAGE,
        "LaunchTemplate": "Launch templates are not supported: copy its settings.",
        "SecurityGroups": "Security groups are set by ID: use SecurityGroupIds.",
        "UserData": _USER_DATA,
        **dict.fromkeys(
            ("ClientToken", "DryRun", "Ipv6Addresses", "MaxCount", "MinCount", "PrivateIpAddress"),
            _AT_LAUNCH,
        ),
    },
    "gcp": {
        "sourceInstanceTemplate": "Instance templates are not supported: copy its settings.",
        "sourceMachineImage": _OWN_IMAGE,
        **dict.fromkeys(
            ("count", "minCount", "name", "namePattern", "zone", "kind", "hostname"), _AT_LAUNCH
        ),
    },
}
# The key of our block that a machine's description stands under, for each provider that is known.
_WRAPPED = {"gcp": WRAPPERS[0]}
_SPOT_KEYS = ("preemptible", "provisioningModel")
# Ray takes a node for a TPU virtual machine by these (autoscaler/_private/gcp/config.py).
_TPU_KEYS = ("acceleratorType", "acceleratorConfig", "runtimeVersion")


@dataclass(slots=True)
class Machine:
    """A machine as the fields of a node say it."""

    type: str = ""
    is_spot: bool = False
    gpus: int = 0  # attached to the machine; those of its type are not counted
    block: Plain = field(default_factory=dict)
    problem: Problem | None = None


def machine(config: Account, kind: str, *, is_head: bool) -> Machine:
    """The machine of a `node_config`; what cannot be carried over is named."""
    if kind == "gcp" and any(key in config.content for key in _TPU_KEYS):
        return Machine(problem=_tpu_machine(config))
    found = Machine(type=_last(config.text("InstanceType") or config.text("machineType")))
    for key, why in _LOST.get(kind, {}).items():
        if says_something(config.take(key)):
            config.lose(key, why=why)
    _disk_images(config)
    _user_data(config)
    _subnets(config)
    _market(config, found, is_head=is_head)
    found.gpus = _attached_gpus(config.content.get("guestAccelerators"))
    rest = without_empty(config.content)
    wrapper = _WRAPPED.get(kind)
    found.block = {wrapper: rest} if wrapper and rest else rest
    return found


def _last(name: str) -> str:
    """A name of Google's may be the whole path: `zones/us-west1-b/machineTypes/n1-standard-8`."""
    return name.rpartition("/")[2]


def _tpu_machine(config: Account) -> Problem:
    path = ".".join(str(step) for step in config.loc)
    message = "This node type is a Cloud TPU virtual machine, which Mobula cannot launch."
    hint = "Remove the node type, or run TPU workers on Kubernetes (GKE)."
    config.content.clear()
    return error(path, "tpu-machine", message, hint=hint)


def _disk_images(config: Account) -> None:
    """Google Cloud's boot disk names the machine image, which is Mobula's own."""
    kept = []
    for index, disk in enumerate(items(config.content.get("disks"))):
        parameters = mapping(mapping(disk).get("initializeParams"))
        if parameters.pop("sourceImage", None):
            config.lose("disks", index, "initializeParams", "sourceImage", why=_OWN_IMAGE)
        kept.append(_with(disk, "initializeParams", parameters))
    if kept:
        config.content["disks"] = kept


def _with(entry: Any, key: str, value: Plain) -> Any:
    """The entry with another value of a key that it has; without the key if nothing is left."""
    if key not in mapping(entry):
        return entry
    return without_empty({**mapping(entry), key: value})


def _user_data(config: Account) -> None:
    """Cloud-init's text stands under a key of its own in Google Cloud's metadata."""
    metadata = mapping(config.content.get("metadata"))
    kept = []
    for index, entry in enumerate(items(metadata.get("items"))):
        if mapping(entry).get("key") == "user-data":
            config.lose("metadata", "items", index, why=_USER_DATA)
        else:
            kept.append(entry)
    if kept != items(metadata.get("items")):
        config.content["metadata"] = without_empty({**metadata, "items": kept})


def _subnets(config: Account) -> None:
    """Ray tries several subnets; EC2 and a node of ours have one."""
    if "SubnetIds" not in config.content:
        return
    value = config.take("SubnetIds")
    names = [value] if isinstance(value, str) else items(value)
    if config.content.get("SubnetId"):
        first, others = config.content["SubnetId"], names
    else:
        first, others = next(iter(names), None), names[1:]
    if first is not None:
        config.content["SubnetId"] = first
    if others:
        rest = ", ".join(str(name) for name in others)
        config.lose("SubnetIds", why=f"A node has one subnet: {first} is used, not {rest}.")
    elif not names and says_something(value):
        config.lose("SubnetIds", why="This is not a list of subnets.")


def _market(config: Account, found: Machine, *, is_head: bool) -> None:
    """How the machine is bought: spot is a field of a group, and nothing that a head can be."""
    for index, entry in enumerate(items(config.content.get("scheduling"))):
        if not isinstance(entry, Mapping) and says_something(entry):
            config.lose("scheduling", index, why="This is not a setting.")
    if scheduling(config.content):
        config.content["scheduling"] = scheduling(config.content)
    options, times = mapping(config.content.get(MARKET)), mapping(config.content.get("scheduling"))
    by_options = options.get("MarketType") == "spot"
    by_times = bool(times.get("preemptible")) or times.get("provisioningModel") == "SPOT"
    found.is_spot = by_options or by_times
    if not found.is_spot:
        return
    if by_options:
        config.take(MARKET)
    if by_times:
        kept = {key: value for key, value in times.items() if key not in _SPOT_KEYS}
        config.content["scheduling"] = kept
    key = MARKET if by_options else "scheduling"
    if is_head:
        config.lose(key, why="The head always runs on-demand: spot could end the cluster.")
        return
    for name in sorted(options.keys() - {"MarketType"}) if by_options else ():
        if says_something(options[name]):
            config.lose(MARKET, name, why="Only the market itself is a setting of a group.")


def _attached_gpus(accelerators: Any) -> int:
    """Google Cloud's GPUs that come beside the machine type."""
    entries = [mapping(entry) for entry in items(accelerators)]
    counts = [entry.get("acceleratorCount") for entry in entries if _is_gpu(entry)]
    return sum(count for count in counts if type(count) is int and count > 0)


def _is_gpu(entry: Plain) -> bool:
    return re.search(r"nvidia|amd", str(entry.get("acceleratorType"))) is not None
