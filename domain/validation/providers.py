"""What differs between the providers, as far as the checks need it: one row for each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from domain.offerings import ProviderKind
from domain.quantities import GIB

_KUBERNETES_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?\Z")
_ANY = re.compile(r"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds on one provider's clouds."""

    name: str
    # Anyscale's documentation recommends no less for a head; smaller ones lose their control plane
    # first when a cluster grows. 0: no recommendation.
    head_cpus: float = 0
    head_memory: int = 0
    has_zones: bool = True
    zone: str = r".+"  # with {region}; what a zone of the region looks like
    type_name: re.Pattern[str] = _ANY
    # KubeRay's operator makes pod names from the group's: DNS-1035, and room for its suffixes.
    group_name: re.Pattern[str] | None = None
    longest_group_name: int = 63


_AWS_TYPE = re.compile(
    r"[a-z][a-z0-9-]*\d[a-z0-9-]*\.(nano|micro|small|medium|(\d+)?x?large|metal(-\d+xl)?)\Z"
)
_GCP_TYPE = re.compile(
    r"[a-z]\d+[a-z]*-(standard|highmem|highcpu|ultramem|megamem|hypermem|highgpu|megagpu|ultragpu"
    r"|maxgpu|edgegpu|micro|small|medium|custom|flex)[a-z0-9-]*\Z|custom-\d+-\d+\Z"
)
_POD_SHAPE = re.compile(r"\d+CPU-\d+GB(-\d+x[A-Za-z0-9-]+)?\Z")

RULES: Mapping[ProviderKind, Rules] = {
    ProviderKind.AWS: Rules(
        name="AWS",
        head_cpus=8,
        head_memory=32 * GIB,
        zone=r"({region}[a-z]|[a-z]{{2,5}}\d-az\d+|{region}-[a-z0-9-]+)",
        type_name=_AWS_TYPE,
    ),
    ProviderKind.GCP: Rules(
        name="Google Cloud",
        head_cpus=8,
        head_memory=32 * GIB,
        zone=r"{region}-[a-z]",
        type_name=_GCP_TYPE,
    ),
    ProviderKind.KUBERNETES: Rules(
        name="Kubernetes",
        type_name=_POD_SHAPE,
        group_name=_KUBERNETES_NAME,
        longest_group_name=40,
    ),
    ProviderKind.LOCAL: Rules(name="this machine", has_zones=False, type_name=_POD_SHAPE),
    ProviderKind.FAKE: Rules(name="the fake cloud"),
}

ANY_RULES = Rules(name="any cloud")


def rules_of(provider: ProviderKind | None) -> Rules:
    """The provider's row; for no provider in particular, one that forbids nothing."""
    return RULES[provider] if provider else ANY_RULES


def owner_of_type(name: str) -> Rules | None:
    """Whose instance type this looks like; None if it could be anybody's."""
    clouds = (RULES[ProviderKind.AWS], RULES[ProviderKind.GCP])
    return next((rules for rules in clouds if rules.type_name.match(name)), None)
