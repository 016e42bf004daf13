"""Where a machine type is offered, and how likely spot machines are there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from providers.aws.preflight.facts import Facts
from providers.aws.preflight.findings import rows
from providers.preflight import Finding, WantedGroup, failed, passed, skipped, warned

# AWS: with fewer types, "the returned placement score will always be low".
LEAST_TYPES = 3
LOW_SCORE = 3  # of 10
_ZONE_ID = re.compile(r"[a-z]+\d-az\d+\Z")


def check_offered(facts: Facts, name: str, *, zones: Sequence[str]) -> Finding:
    """Look in which zones a machine type is offered; no `zones`: any will do."""
    by_id = bool(zones) and all(_ZONE_ID.match(zone) for zone in zones)
    found = facts.ec2.pages(
        "describe_instance_type_offerings",
        "InstanceTypeOfferings",
        LocationType="availability-zone-id" if by_id else "availability-zone",
        Filters=[{"Name": "instance-type", "Values": [name]}],
    )
    offered = sorted({row["Location"] for row in found if row["InstanceType"] == name})
    raw = {"InstanceType": name, "offered_in": offered, "wanted_in": list(zones)}
    region = facts.account.region
    if not offered:
        return failed(
            f"{name} is not offered in {region}.", way_out="Choose another instance type.",
            raw=raw, certain=True,
        )  # fmt: skip
    missing = [zone for zone in zones if zone not in offered]
    where = ", ".join(offered)
    if zones and len(missing) == len(zones):
        return failed(
            f"{name} is not offered in {', '.join(missing)}. {region} offers it in {where}.",
            way_out="Choose another zone or instance type, and add the zone's subnet to the cloud.",
            raw=raw, certain=True,
        )  # fmt: skip
    if missing:
        return warned(
            f"{name} is not offered in {', '.join(missing)}. {region} offers it in {where}.",
            way_out="Other zones are used. Choose another instance type to use all of them.",
            raw=raw,
        )
    return passed(f"{name} is offered in {', '.join(zones) if zones else where}.", raw=raw)


def check_spot_score(facts: Facts, group: WantedGroup) -> Finding:
    """Ask AWS how likely a group's spot machines are to start, zone by zone."""
    count = max(group.most, group.least, 1)
    found = list(
        facts.ec2.pages(
            "get_spot_placement_scores",
            "SpotPlacementScores",
            InstanceTypes=list(group.types),
            TargetCapacity=count,
            TargetCapacityUnitType="units",
            SingleAvailabilityZone=True,
            RegionNames=[facts.account.region],
        )
    )
    raw = rows(found, "Region", "AvailabilityZoneId", "Score")
    if not found:
        return skipped("AWS has no spot placement score for this.", raw=raw)
    best = max(found, key=lambda row: row["Score"])
    told = (
        f"AWS rates {count} spot machine{'' if count == 1 else 's'} of {', '.join(group.types)} "
        f"with {best['Score']} of 10 in {best.get('AvailabilityZoneId', 'the region')}, its best "
        "zone."
    )
    if len(group.types) < LEAST_TYPES:
        return skipped(
            f"{told} That says little: AWS rates requests for fewer than three types low, "
            "whatever the capacity.",
            way_out="Use required_resources, which up to three types can have.", raw=raw,
        )  # fmt: skip
    if best["Score"] <= LOW_SCORE:
        return warned(told, way_out="Use other types, more zones, or on-demand machines.", raw=raw)
    return passed(told, raw=raw)
