"""From the Cloud Billing Catalog's entries to the prices of a machine's parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.offerings import Market
from providers.base import FamilyRate
from providers.gcp.offerings import GIB, MachineOffering

_MARKETS = {"OnDemand": Market.ON_DEMAND, "Preemptible": Market.SPOT}
_UNITS = {"Core": "h", "Ram": "GiBy.h", "GPU": "h"}
# Such as "Spot Preemptible N2D AMD Custom Instance Core running in Iowa". Sole tenancy, extended
# memory, commitments and reservations read otherwise, and are not what is rented here.
_PART = re.compile(
    r"(?:Spot Preemptible |Preemptible )?(?:(?P<family>[A-Z]\d{1,2}[A-Z]?) )?"
    r"(?:(?:AMD|Arm|Predefined|Memory-optimized) )*(?P<custom>Custom )?Instance "
    r"(?P<part>Core|Ram)(?: running in .*)?\Z"
)
_UNNAMED = {  # families whose entries do not begin with their name
    "Custom Instance": "n1",
    "Memory-optimized Instance": "m1",
    "Compute optimized": "c2",
}
_OTHER = re.compile(
    r"(?:Spot Preemptible |Preemptible )?(?P<words>Compute optimized|Memory-optimized Instance|"
    r"Custom Instance) (?P<part>Core|Ram)(?: running in .*)?\Z"
)
_GPU = re.compile(
    r"(?P<gpu>Nvidia .+? GPU)(?: attached to (?:Spot )?Preemptible VMs)?(?: running in .*)?\Z"
)
_GPU_WORDS = {
    "Nvidia Tesla T4 GPU": "nvidia-tesla-t4",
    "Nvidia Tesla V100 GPU": "nvidia-tesla-v100",
    "Nvidia Tesla P100 GPU": "nvidia-tesla-p100",
    "Nvidia Tesla P4 GPU": "nvidia-tesla-p4",
    "Nvidia L4 GPU": "nvidia-l4",
    "Nvidia Tesla A100 GPU": "nvidia-tesla-a100",
    "Nvidia Tesla A100 80GB GPU": "nvidia-a100-80gb",
    "Nvidia H100 80GB GPU": "nvidia-h100-80gb",
    "Nvidia H100 80GB Mega GPU": "nvidia-h100-mega-80gb",
    "Nvidia H200 141GB GPU": "nvidia-h200-141gb",
    "Nvidia B200 GPU": "nvidia-b200",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that a machine is made of: a core or a GiB of a family, or a GPU."""

    of: str  # the family "n2", or the accelerator "nvidia-l4"
    what: str  # Core, Ram or GPU
    is_custom: bool = False


@dataclass(frozen=True, slots=True)
class PartPrices:
    """Dollars an hour by part and market; what is unknown, or said twice otherwise, is left out."""

    dollars: Mapping[tuple[Part, Market], Decimal] = field(default_factory=dict)

    def price(self, one: MachineOffering, *, market: Market) -> Decimal | None:
        """Return what a machine costs; None unless every part has a price."""
        if one.has_other_parts:
            return None
        counted = [
            (Part(of=one.type.family, what="Core"), Decimal(one.type.vcpus)),
            (Part(of=one.type.family, what="Ram"), Decimal(one.type.memory_bytes) / GIB),
        ]
        if one.accelerator:
            counted.append((Part(of=one.accelerator, what="GPU"), Decimal(one.type.gpus)))
        known = [(self.dollars.get((part, market)), count) for part, count in counted]
        prices = [price * count for price, count in known if price is not None]
        return sum(prices, Decimal(0)) if len(prices) == len(known) else None

    def custom_rates(self) -> list[FamilyRate]:
        """Return the rates of custom machines where core and memory are both known."""
        families = sorted({part.of for part, _ in self.dollars if part.is_custom})
        return [rate for family in families if (rate := self._rate(family))]

    def _rate(self, family: str) -> FamilyRate | None:
        core = Part(of=family, what="Core", is_custom=True)
        ram = Part(of=family, what="Ram", is_custom=True)
        of_vcpu, of_gib = (self.dollars.get((part, Market.ON_DEMAND)) for part in (core, ram))
        if of_vcpu is None or of_gib is None:
            return None
        return FamilyRate(
            family=family,
            usd_per_vcpu=of_vcpu,
            usd_per_gib=of_gib,
            spot_usd_per_vcpu=self.dollars.get((core, Market.SPOT)),
            spot_usd_per_gib=self.dollars.get((ram, Market.SPOT)),
        )


def part_prices(skus: Iterable[Mapping[str, Any]], *, region: str) -> PartPrices:
    """Return what the parts of machines cost in a region."""
    by_part: dict[tuple[Part, Market], set[Decimal]] = {}
    for sku in skus:
        if region in sku.get("serviceRegions", ()):
            for key, dollars in _told(sku):
                by_part.setdefault(key, set()).add(dollars)
    return PartPrices({key: prices.pop() for key, prices in by_part.items() if len(prices) == 1})


def _told(sku: Mapping[str, Any]) -> Iterator[tuple[tuple[Part, Market], Decimal]]:
    market = _MARKETS.get(sku.get("category", {}).get("usageType", ""))
    part = part_of(sku.get("description", ""))
    if market is None or part is None or not sku.get("pricingInfo"):
        return
    expression = sku["pricingInfo"][-1]["pricingExpression"]
    rates = expression.get("tieredRates", ())
    if expression.get("usageUnit") == _UNITS[part.what] and len(rates) == 1:
        money = rates[0]["unitPrice"]
        dollars = Decimal(money.get("units") or 0) + Decimal(money.get("nanos", 0)).scaleb(-9)
        if dollars > 0 and money.get("currencyCode", "USD") == "USD":
            yield (part, market), dollars


def part_of(description: str) -> Part | None:
    """Return what an entry of the catalogue prices; None where it is no part of a machine."""
    if match := _OTHER.match(description):
        words = match["words"]
        return Part(of=_UNNAMED[words], what=match["part"], is_custom=words.startswith("Custom"))
    if (match := _PART.match(description)) and match["family"]:
        family = match["family"].lower()
        return Part(of=family, what=match["part"], is_custom=bool(match["custom"]))
    if (match := _GPU.match(description)) and match["gpu"] in _GPU_WORDS:
        return Part(of=_GPU_WORDS[match["gpu"]], what="GPU")
    return None
