"""vCPU quotas by family and market, and what is left of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.offerings import Market
from providers.aws.errors import code_of
from providers.aws.preflight.facts import Facts, Row
from providers.base import InvalidRequest
from providers.preflight import Finding, WantedGroup, failed, passed, warned

_NO_SUCH = "NoSuchResourceException"
_LETTERS = re.compile(r"(?P<letters>[a-z]+)-?(?P<generation>\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One quota of running machines, in vCPUs; its codes are Service Quotas'."""

    name: str
    letters: frozenset[str]
    on_demand: str
    spot: str = ""  # "": AWS has none, or several
    generations: frozenset[str] = frozenset()  # none: all of them
    spot_name: str = ""  # where it is apart as spot only

    def title(self, market: Market) -> str:
        """Return what the console calls it."""
        return (self.spot_name if market is Market.SPOT else "") or self.name

    def code(self, market: Market) -> str:
        """Return its code at a market."""
        return self.spot if market is Market.SPOT else self.on_demand

    def has(self, instance_type: str) -> bool:
        """Return whether machines of a type count against it."""
        match = _LETTERS.match(instance_type)
        if match is None or match["letters"] not in self.letters:
            return False
        return not self.generations or match["generation"] in self.generations


def _quota(
    name: str, letters: str, on_demand: str, spot: str = "", *, of: str = "", generations: str = ""
) -> Quota:
    return Quota(
        name=name,
        spot_name=of,
        letters=frozenset(letters.split()),
        on_demand=on_demand,
        spot=spot,
        generations=frozenset(generations.split()),
    )


_ON_DEMAND_P = "L-417A185B"
# On demand, all P machines share one quota; as spot, the later generations have their own.
QUOTAS = (
    _quota("Standard", "a c d h i im is m r t z", "L-1216C47A", "L-34B43A08"),
    _quota("G and VT", "g gr vt", "L-DB2E81BA", "L-3819A6DF"),
    _quota("P", "p", _ON_DEMAND_P, "L-7212CCBC", of="P2 to P4", generations="2 3 4"),
    _quota("P", "p", _ON_DEMAND_P, "L-C4BD4855", of="P5", generations="5"),
    _quota("P", "p", _ON_DEMAND_P),
    _quota("Inf", "inf", "L-1945791B", "L-B5D1601B"),
    _quota("Trn", "trn", "L-2C3B7624", "L-6B0D517C"),
    _quota("X", "x", "L-7295265B", "L-E3A00192"),
    _quota("F", "f", "L-74FC7D96", "L-88CF9481"),
    _quota("DL", "dl", "L-6E869C2A", "L-85EED4F7"),
    _quota("HPC", "hpc", "L-F7808C92"),
    _quota("High Memory", "u", "L-43DA4232"),
)


def quota_of(instance_type: str) -> Quota | None:
    """Return the quota that machines of a type count against, None where none is known."""
    return next((quota for quota in QUOTAS if quota.has(instance_type)), None)


def check_quota(
    facts: Facts, code: str, market: Market, groups: Sequence[WantedGroup], *, name: str
) -> Finding:
    """Compare what is left of a quota with the vCPUs of these groups, all of which it limits."""
    limit, has_own = _limit(facts, code)
    used, machines = _used(facts, code, market)
    vcpus = {group.name: facts.hardware(group.types[0]).type.vcpus for group in groups}
    least = sum(vcpus[group.name] * group.least for group in groups)
    most = sum(vcpus[group.name] * max(group.most, group.least) for group in groups)
    left = limit - used
    raw = {
        "QuotaCode": code, "Value": limit, "is_aws_default": not has_own, "vcpus_in_use": used,
        "instances_in_use": machines, "vcpus_at_start": least, "vcpus_at_most": most,
    }  # fmt: skip
    facts_told = f"{used:g} of {limit:g} vCPUs of the quota {name} ({market.label}) are in use."
    way_out = f"Request an increase of {code} in Service Quotas, or use smaller or fewer nodes."
    if least > left:
        return failed(
            f"{facts_told} The nodes at the start need {least:g}.", way_out=way_out, raw=raw
        )
    if most > left:
        return warned(
            f"{facts_told} The nodes at the start need {least:g} and fit; all that the groups may "
            f"grow to need {most:g} and do not.",
            way_out=way_out, raw=raw,
        )  # fmt: skip
    return passed(f"{facts_told} The groups need {most:g} at most.", raw=raw)


def _limit(facts: Facts, code: str) -> tuple[float, bool]:
    """Return a quota's vCPUs, and whether they are the account's own or AWS's default."""
    asked = {"ServiceCode": "ec2", "QuotaCode": code}
    try:
        return float(facts.quotas("get_service_quota", **asked)["Quota"]["Value"]), True
    except InvalidRequest as error:
        if code_of(error) != _NO_SUCH:
            raise
    return float(facts.quotas("get_aws_default_service_quota", **asked)["Quota"]["Value"]), False


def _used(facts: Facts, code: str, market: Market) -> tuple[float, int]:
    """Return the vCPUs in use against a quota, and the number of their machines."""
    rows = [row for row in facts.running() if _counts(row, code, market)]
    types = [row["InstanceType"] for row in rows]
    vcpus = facts.vcpus(types) if types else {}
    return sum(vcpus.get(name, 0.0) for name in types), len(types)


def _counts(row: Row, code: str, market: Market) -> bool:
    lifecycle = row.get("InstanceLifecycle", "")
    if lifecycle not in {"", "spot"}:  # capacity blocks are bought in advance
        return False
    if row.get("Placement", {}).get("Tenancy") == "host":  # dedicated hosts have their own quota
        return False
    is_spot = lifecycle == "spot"
    quota = quota_of(row["InstanceType"])
    return is_spot == (market is Market.SPOT) and quota is not None and quota.code(market) == code
