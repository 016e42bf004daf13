"""Custom machine types of Google Cloud: `n2-custom-8-32768` names its CPUs and its MiB itself."""

import re
from dataclasses import dataclass
from decimal import Decimal

from domain.offerings import InstanceType

MIB = 2**20


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a family allows: so many vCPUs, and GiB for each of them."""

    most_vcpus: int
    least_gib: Decimal
    most_gib: Decimal


# cloud.google.com/compute/docs/instances/creating-instance-with-custom-machine-type
_FAMILIES = {
    "n1": _Limits(96, Decimal("0.9"), Decimal("6.5")),
    "n2": _Limits(128, Decimal("0.5"), Decimal(8)),
    "n2d": _Limits(224, Decimal("0.5"), Decimal(8)),
    "e2": _Limits(32, Decimal("0.5"), Decimal(8)),
}
_NAME = re.compile(r"(?:(n1|n2|n2d|e2)-)?custom-(\d{1,3})-(\d{3,8})(-ext)?\Z", re.ASCII)


def custom_type(name: str) -> InstanceType | None:
    """Return the machine that a custom type's name stands for; None if Google refuses it."""
    match = _NAME.match(name)
    if match is None:
        return None
    family, vcpus, mib = match[1] or "n1", int(match[2]), int(match[3])
    limits, gib_each = _FAMILIES[family], Decimal(mib) / 1024 / max(vcpus, 1)
    fits = (
        0 < vcpus <= limits.most_vcpus
        and (vcpus == 1 or vcpus % 2 == 0)
        and mib % 256 == 0
        and gib_each >= limits.least_gib
        and (gib_each <= limits.most_gib or bool(match[4]))
    )
    if not fits:
        return None
    return InstanceType(name=name, vcpus=vcpus, memory_bytes=mib * MIB, family=family)
