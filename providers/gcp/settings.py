"""The settings of Compute Engine: `instanceProperties`, in either spelling."""

import re
from collections.abc import Mapping
from typing import Any

from domain.instance_settings.kinds import (
    NAMES,
    SWITCH,
    TEXT,
    WHOLE,
    Kind,
    choice,
    pairs,
    switch,
)
from domain.instance_settings.table import (
    MISSING,
    At,
    By,
    Copies,
    Loc,
    Setting,
    SettingLocation,
    under,
)

MACHINE = "instanceProperties"
_DISK = By("boot", value=True, more=(("autoDelete", True),))
_SSD = {
    "type": "SCRATCH",
    "interface": "NVME",
    "autoDelete": True,
    "initializeParams": {"diskType": "local-ssd"},
}
_NAT = [{"type": "ONE_TO_ONE_NAT"}]


def settings(block: Mapping[str, Any]) -> tuple[Setting, ...]:
    """The settings, in the spelling that the block has."""
    snake = "instance_properties" in block
    return tuple(
        Setting(
            name=name, label=label, group=group, kind=kind,
            place=_spelled(place, block, snake=snake), help=note,
        )
        for group, name, label, kind, place, note in _TABLE
    )  # fmt: skip


def _spelled(place: SettingLocation, block: Mapping[str, Any], *, snake: bool) -> SettingLocation:
    match place:
        case Copies():
            entry = _keys_in_snake(place.entry) if snake else place.entry
            return Copies(_loc(place.loc, block, snake=snake), entry)
        case At():
            return At(_loc(place.loc, block, snake=snake))
    return place


def _loc(loc: Loc, block: Mapping[str, Any], *, snake: bool) -> Loc:
    """The path with each key as the block spells it; a key it does not have as its first one."""
    spelled: list[Any] = []
    holder: Any = dict(block)
    for step in loc:
        key: Any = step
        if isinstance(step, str):
            has_camel, has_snake = _has(holder, step), _has(holder, _snake(step))
            key = _snake(step) if not has_camel and (has_snake or snake) else step
        elif isinstance(step, By) and snake:
            key = By(step.key, step.value, tuple((_snake(k), v) for k, v in step.more))
        spelled.append(key)
        holder = under(holder, (key,))
    return tuple(spelled)


def _has(holder: Any, key: str) -> bool:
    return under(holder, (key,)) is not MISSING


def _snake(key: str) -> str:
    return re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", key)


def _keys_in_snake(value: Any) -> Any:
    if isinstance(value, dict):
        return {_snake(key): _keys_in_snake(item) for key, item in value.items()}
    return value


def _at(*steps: Any) -> At:
    return At((MACHINE, *steps))


_LABELS = pairs("team=research, stage=train")
_RESERVATIONS = choice(
    ("ANY_RESERVATION", "Any matching reservation"),
    ("SPECIFIC_RESERVATION", "Named reservations only"),
    ("NO_RESERVATION", "None"),
)
_DISK_TYPES = choice(*(
    (name, name) for name in ("pd-balanced", "pd-ssd", "pd-standard", "hyperdisk-balanced")
))  # fmt: skip
_BOOT = ("disks", _DISK, "initializeParams")
_SHIELD = "shieldedInstanceConfig"
_RESERVED = "reservationAffinity"

type _Row = tuple[str, str, str, Kind, SettingLocation, str]
_TABLE: tuple[_Row, ...] = (
    ("Network", "network", "Network", TEXT, _at("networkInterfaces", 0, "network"), ""),
    ("Network", "subnet", "Subnetwork", TEXT, _at("networkInterfaces", 0, "subnetwork"), ""),
    (
        "Network", "external_ip", "External IP", switch(_NAT, []),
        _at("networkInterfaces", 0, "accessConfigs"), "",
    ),
    ("Network", "tags", "Network tags", NAMES, _at("tags", "items"), "Used by firewall rules."),
    (
        "Disks", "boot_size", "Boot disk (GB)", WHOLE, _at(*_BOOT, "diskSizeGb"), "",
    ),
    ("Disks", "boot_type", "Boot disk type", _DISK_TYPES, _at(*_BOOT, "diskType"), ""),
    (
        "Disks", "local_ssds", "Local SSDs", WHOLE, Copies((MACHINE, "disks"), _SSD),
        "375 GB each, as NVMe.",
    ),
    (
        "Access", "account", "Service account", TEXT, _at("serviceAccounts", 0, "email"), "",
    ),
    ("Access", "scopes", "Scopes", NAMES, _at("serviceAccounts", 0, "scopes"), ""),
    ("Placement", "reservations", "Reservations", _RESERVATIONS,
     _at(_RESERVED, "consumeReservationType"), ""),
    ("Placement", "reservation_key", "Reservation key", TEXT, _at(_RESERVED, "key"),
     "compute.googleapis.com/reservation-name for named ones."),
    ("Placement", "reservation_names", "Named reservations", NAMES, _at(_RESERVED, "values"), ""),
    ("Placement", "cpu_platform", "Minimum CPU platform", TEXT, _at("minCpuPlatform"),
     "Such as Intel Sapphire Rapids."),
    ("Security", "secure_boot", "Secure boot", SWITCH, _at(_SHIELD, "enableSecureBoot"), ""),
    ("Security", "vtpm", "Virtual TPM", SWITCH, _at(_SHIELD, "enableVtpm"), ""),
    ("Security", "integrity", "Integrity monitoring", SWITCH,
     _at(_SHIELD, "enableIntegrityMonitoring"), ""),
    ("Labels", "labels", "Instance labels", _LABELS, _at("labels"), ""),
)  # fmt: skip
