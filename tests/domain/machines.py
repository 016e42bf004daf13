"""The machines that the configurations of these tests choose from, on each provider."""

from dataclasses import replace
from decimal import Decimal

from domain.catalogue.provider import ProviderTraits
from domain.catalogue.region import RegionCatalogue, target_of
from domain.offerings import InstanceType, Market, ProviderKind
from providers.registry import traits_of

GIB = 2**30


def unchecked(kind: ProviderKind) -> ProviderTraits:
    """The provider as it is, but for its own schema of raw blocks, which takes anything here."""
    return replace(traits_of(kind), check_block=None)


MACHINES = target_of([
    InstanceType(name="m5.2xlarge", vcpus=8, memory_bytes=32 * GIB),
    InstanceType(name="m5.4xlarge", vcpus=16, memory_bytes=64 * GIB),
    InstanceType(name="g5.2xlarge", vcpus=8, memory_bytes=32 * GIB, gpus=1, gpu_model="A10G"),
])  # fmt: skip

_WEST = frozenset({"us-west-2a", "us-west-2b", "us-west-2c"})
_AWS_TYPES = (
    InstanceType(name="m5.large", vcpus=2, memory_bytes=8 * GIB, zones=_WEST),
    InstanceType(name="m5.2xlarge", vcpus=8, memory_bytes=32 * GIB, zones=_WEST),
    InstanceType(name="t3.2xlarge", vcpus=8, memory_bytes=32 * GIB, zones=_WEST, burstable=True),
    InstanceType(name="m5.4xlarge", vcpus=16, memory_bytes=64 * GIB, zones=_WEST),
    InstanceType(name="m7g.4xlarge", vcpus=16, memory_bytes=64 * GIB, arch="arm64", zones=_WEST),
    InstanceType(
        name="g5.2xlarge",
        vcpus=8,
        memory_bytes=32 * GIB,
        gpus=1,
        gpu_model="A10G",
        zones=frozenset({"us-west-2a"}),
    ),
    InstanceType(
        name="u-6tb1.metal", vcpus=448, memory_bytes=6144 * GIB, has_spot=False, zones=_WEST
    ),
)
AWS = RegionCatalogue(
    traits=unchecked(ProviderKind.AWS),
    region="us-west-2",
    types={one.name: one for one in _AWS_TYPES},
    zones=_WEST,
    prices={
        ("m5.large", Market.ON_DEMAND): Decimal("0.096"),
        ("m5.2xlarge", Market.ON_DEMAND): Decimal("0.384"),
        ("m5.4xlarge", Market.ON_DEMAND): Decimal("0.768"),
        ("m5.4xlarge", Market.SPOT): Decimal("0.3"),
        ("g5.2xlarge", Market.ON_DEMAND): Decimal("1.212"),
    },
)
GCP = RegionCatalogue(
    traits=unchecked(ProviderKind.GCP),
    region="us-central1",
    types={"n2-standard-8": InstanceType(name="n2-standard-8", vcpus=8, memory_bytes=32 * GIB)},
)
KUBERNETES = RegionCatalogue(traits=unchecked(ProviderKind.KUBERNETES))
LOCAL = target_of(
    [InstanceType(name="8CPU-32GB", vcpus=8, memory_bytes=32 * GIB)],
    traits=unchecked(ProviderKind.LOCAL),
)
BY_NAME = {
    "": MACHINES,
    "AWS": AWS,
    "Google Cloud": GCP,
    "Kubernetes": KUBERNETES,
    "this machine": LOCAL,
}
"""The target of an example, by the words of the page on configurations."""
