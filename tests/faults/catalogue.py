"""The prices that a refresh of the catalog would have brought: those of spot are in no file."""

from __future__ import annotations

from decimal import Decimal

from django.utils.timezone import now

from clouds.models import CataloguePrice, CatalogueRefresh, CatalogueType
from domain.offerings import Market
from domain.quantities import GIB
from mobula.demo_cloud.aws.world import ZONES

REGION = "us-east-1"
# vCPUs, GiB, GPUs, dollars an hour; as spot, a machine costs less.
TYPES = {
    "m5.large": (2, 8, 0, "0.096"),
    "m5.2xlarge": (8, 32, 0, "0.384"),
    "p4d.24xlarge": (96, 1152, 8, "32.7726"),
}
SPOT_SHARE = Decimal("0.3")


def refreshed() -> None:
    """Write down what the region has, and what it costs."""
    place = {"provider": "aws", "region": REGION}
    CatalogueRefresh.objects.create(**place, state="done", started_at=now(), finished_at=now())
    for name, (vcpus, gib, gpus, dollars) in TYPES.items():
        CatalogueType.objects.create(
            **place, name=name, vcpus=vcpus, memory_bytes=gib * GIB, gpus=gpus,
            gpu_model="A100" if gpus else "", accelerator="A100" if gpus else "",
            arch="x86_64", zones=list(ZONES), has_spot=True, has_efa=bool(gpus), can_cluster=True,
        )  # fmt: skip
        for market, share in ((Market.ON_DEMAND, Decimal(1)), (Market.SPOT, SPOT_SHARE)):
            CataloguePrice.objects.create(
                **place, instance_type=name, market=market.value, as_of=now().date(),
                usd_per_hour=Decimal(dollars) * share, source="test", quality="cloud",
            )  # fmt: skip
