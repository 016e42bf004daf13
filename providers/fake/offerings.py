"""The sizes that the fake provider rents out."""

from collections.abc import Sequence
from decimal import Decimal

from domain.offerings import Market, Offering

ZONES = ("a", "b")
SIZES = {"small": (2, 8, 0, "0.10"), "large": (8, 32, 0, "0.40"), "gpu": (4, 16, 1, "1.20")}


def fake_offerings(region: str) -> Sequence[Offering]:
    """Return three sizes in two zones, on demand and as spot at 30 % of the price."""
    return tuple(
        Offering(
            instance_type=name,
            region=region,
            zone=f"{region}-{zone}",
            market=market,
            vcpus=vcpus,
            memory_bytes=gib * 2**30,
            gpus=gpus,
            hourly_usd=Decimal(usd) * factor,
        )
        for name, (vcpus, gib, gpus, usd) in SIZES.items()
        for zone in ZONES
        for market, factor in ((Market.ON_DEMAND, Decimal(1)), (Market.SPOT, Decimal("0.3")))
    )
