"""Addresses that are left in subnets, and the security groups of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from providers.aws.errors import code_of
from providers.aws.machines.request import wants_efa
from providers.aws.preflight.drafts import Draft, node_of
from providers.aws.preflight.facts import Facts, Row
from providers.aws.preflight.findings import rows
from providers.base import InvalidRequest
from providers.preflight import Finding, failed, passed, warned

_NO_GROUP = frozenset({
    "InvalidGroup.NotFound", "InvalidGroupId.Malformed", "InvalidSecurityGroupID.NotFound",
    "InvalidSecurityGroupId.Malformed",
})  # fmt: skip


def check_addresses(facts: Facts, drafts: Sequence[Draft]) -> Finding:
    """Compare the free addresses of the subnets with those that the nodes need."""
    needs: dict[Sequence[str], list[int]] = {}
    for draft in drafts:
        if draft.group.instead_of:  # its nodes take the addresses of that group's
            continue
        each, need = _interfaces(facts, draft), needs.setdefault(tuple(draft.subnets), [0, 0])
        need[0] += each * draft.group.least
        need[1] += each * max(draft.group.most, draft.group.least)
    worst, told, raw = 0, [], []
    for names, (least, most) in needs.items():
        try:
            found = facts.subnets(names)
        except InvalidRequest as error:
            return failed(
                str(error), raw={"code": code_of(error), "subnets": list(names)}, certain=True,
                way_out="Change the cloud's subnets, or the group's SubnetId.",
            )  # fmt: skip
        if not found:
            return failed(
                f"{facts.account.region} has no default subnet.", certain=True,
                way_out="Add a subnet for each zone to the cloud's settings.",
            )  # fmt: skip
        free = sum(row["AvailableIpAddressCount"] for row in found)
        raw += rows(found, "SubnetId", "AvailabilityZone", "VpcId", "AvailableIpAddressCount")
        told.append(_told(found, free, least=least, most=most))
        worst = max(worst, 2 if least > free else 1 if most > free else 0)
    sentence = " ".join(told)
    if worst:
        result = failed if worst == 2 else warned
        return result(sentence, way_out="Use larger subnets, or fewer nodes.", raw=raw)
    return passed(sentence, raw=raw)


def check_security_groups(facts: Facts, names: Sequence[str]) -> Finding:
    """Look whether the security groups exist, in one VPC, and let nodes reach each other."""
    try:
        found = facts.ec2("describe_security_groups", GroupIds=list(names))["SecurityGroups"]
    except InvalidRequest as error:
        if code_of(error) not in _NO_GROUP:
            raise
        return failed(
            str(error), raw={"code": code_of(error), "groups": list(names)}, certain=True,
            way_out="Change the cloud's security groups, or those of the raw configuration.",
        )  # fmt: skip
    raw = rows(found, "GroupId", "GroupName", "VpcId", "IpPermissions")
    vpcs, vpc = {row["VpcId"] for row in found}, facts.vpc()
    if len(vpcs) > 1 or (vpc and vpcs != {vpc}):
        return failed(
            f"The security groups are in {', '.join(sorted(vpcs))}, the subnets in "
            f"{vpc or 'one VPC'}.",
            way_out="Use groups of the VPC of the subnets.", raw=raw, certain=True,
        )  # fmt: skip
    ids = {row["GroupId"] for row in found}
    if not any(_lets_in(row, ids) for row in found):
        return warned(
            "No rule of the security groups lets nodes reach each other at all TCP ports.",
            way_out="Add an inbound rule with all TCP ports and one of the groups as its source.",
            raw=raw,
        )
    return passed(f"{', '.join(sorted(ids))}: nodes can reach each other.", raw=raw)


def _lets_in(group: Row, ids: set[str]) -> bool:
    """Return whether a group lets in all TCP traffic from one of these groups, or from anywhere."""
    return any(
        _is_everything(rule) and (ids & set(_sources(rule)) or _is_open(rule))
        for rule in group.get("IpPermissions", ())
    )


def _is_everything(rule: Any) -> bool:
    if rule.get("IpProtocol") == "-1":
        return True
    ports = rule.get("FromPort", -1), rule.get("ToPort", -1)
    return bool(rule.get("IpProtocol") == "tcp" and ports[0] <= 1024 and ports[1] == 65535)


def _sources(rule: Any) -> Iterator[str]:
    yield from (pair.get("GroupId", "") for pair in rule.get("UserIdGroupPairs", ()))


def _is_open(rule: Any) -> bool:
    # A range may or may not be that of the subnets: it is taken on trust.
    return bool(rule.get("IpRanges") or rule.get("PrefixListIds"))


def _interfaces(facts: Facts, draft: Draft) -> int:
    """Return how many addresses a node of the group takes."""
    hardware = facts.hardware(draft.group.types[0])
    node = node_of(draft.group, facts.account, count=1)
    if not wants_efa(node, hardware):
        return max(1, len(draft.group.raw.get("NetworkInterfaces") or ()))
    wanted = node.flags["efa_config"].get("device_count", hardware.efa_interfaces)
    return int(min(wanted, hardware.efa_interfaces))


def _told(found: Sequence[Row], free: int, *, least: int, most: int) -> str:
    names = ", ".join(f"{row['SubnetId']} ({row['AvailabilityZone']})" for row in found)
    need = f"{least} at the start" + (f" and {most} at most" if most > least else "")
    return f"{free:,} addresses are free in {names}; the nodes need {need}."
