"""What a cluster needs before its first machine: its security group, and placement groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from providers.aws import tags
from providers.aws.account import AwsAccount
from providers.aws.calls import Calls
from providers.aws.codes import WAIT_FOR_OTHERS
from providers.aws.errors import code_of
from providers.base import ClusterRef, InvalidRequest, ProviderError, Throttled

# Who is let in from outside, if anybody: SSH, and the ports of Ray's head.
OUTSIDE_PORTS = (22, 6379, 8265, 10001)
NOT_YET = "EC2 does not know the cluster's security group yet."
_MISSING = frozenset({
    "InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound", "InvalidPlacementGroup.Unknown",
})  # fmt: skip


class Network:
    """Makes, finds and removes the groups of clusters; each call may be repeated."""

    def __init__(self, account: AwsAccount, ec2: Calls) -> None:
        self._account, self._ec2 = account, ec2
        self._groups: dict[str, str] = {}  # the security group's id, by the cluster's handle
        self._placements: set[str] = set()
        self._vpc = account.vpc

    def prepare(self, cluster: ClusterRef) -> None:
        """Make the cluster's security group: its nodes reach each other, and nobody else them."""
        if self._account.security_groups or cluster.handle in self._groups:
            return
        group = self._find(cluster) or self._create(cluster)
        self._let_in(group)
        self._groups[cluster.handle] = group["GroupId"]

    def groups(self, cluster: ClusterRef) -> Sequence[str]:
        """Return the security groups of its nodes; raises `InvalidRequest` before `prepare`."""
        if self._account.security_groups:
            return self._account.security_groups
        if cluster.handle not in self._groups:
            found = self._find(cluster)
            if found is None:
                raise InvalidRequest(f"Cluster {cluster.name} has not been prepared.")
            self._groups[cluster.handle] = found["GroupId"]
        return (self._groups[cluster.handle],)

    def has_lost(self, cluster: ClusterRef, error: ProviderError) -> bool:
        """Return whether a launch was refused for a group of ours that EC2 does not know (yet)."""
        if code_of(error) == "InvalidPlacementGroup.Unknown":
            had_any, self._placements = bool(self._placements), set()
            return had_any
        own = self._groups.get(cluster.handle, "")
        if not own or code_of(error) not in _MISSING or own not in str(error.__cause__):
            return False
        del self._groups[cluster.handle]
        return True

    def placement_group(self, cluster: ClusterRef, *, zone: str) -> str:
        """Return the name of the cluster's placement group in a zone, which exists then."""
        name = "-".join(filter(None, ("mobula", cluster.handle, zone)))
        if name in self._placements:
            return name
        try:
            self._ec2(
                "create_placement_group",
                GroupName=name,
                Strategy="cluster",
                TagSpecifications=self._tagged(cluster, "placement-group"),
            )
        except InvalidRequest as error:
            if code_of(error) != "InvalidPlacementGroup.Duplicate":
                raise
        self._placements.add(name)
        return name

    def destroy(self, cluster: ClusterRef) -> None:
        """Remove the cluster's groups; raises `Throttled` while machines still use them."""
        self._groups.pop(cluster.handle, None)
        tagged = [{"Name": f"tag:{tags.CLUSTER}", "Values": [cluster.handle]}]
        for group in self._ec2("describe_placement_groups", Filters=tagged)["PlacementGroups"]:
            self._placements.discard(group["GroupName"])
            self._remove("delete_placement_group", GroupName=group["GroupName"])
        for found in self._ec2.pages("describe_security_groups", "SecurityGroups", Filters=tagged):
            self._remove("delete_security_group", GroupId=found["GroupId"])

    def _remove(self, call: str, **which: str) -> None:
        try:
            self._ec2(call, **which)
        except ProviderError as error:
            if code_of(error) in _MISSING:
                return
            if code_of(error) in WAIT_FOR_OTHERS:
                raise Throttled(
                    "EC2 has not released the network interfaces of the cluster's machines yet. "
                    "Its groups are removed later."
                ) from error
            raise

    def _find(self, cluster: ClusterRef) -> Any:
        filters = [
            {"Name": "group-name", "Values": [_name(cluster)]},
            {"Name": f"tag:{tags.CLUSTER}", "Values": [cluster.handle]},
        ]
        found = self._ec2("describe_security_groups", Filters=filters)["SecurityGroups"]
        return found[0] if found else None

    def _create(self, cluster: ClusterRef) -> Any:
        vpc = self._find_vpc()
        try:
            return self._ec2(
                "create_security_group",
                GroupName=_name(cluster),
                Description=f"Nodes of Mobula cluster {cluster.handle}",
                TagSpecifications=self._tagged(cluster, "security-group"),
                **({"VpcId": vpc} if vpc else {}),
            )
        except InvalidRequest as error:
            if code_of(error) != "InvalidGroup.Duplicate":
                raise
            found = self._find(cluster)
            if found is None:  # just made by somebody else, and not listed yet
                raise Throttled(NOT_YET) from error
            return found

    def _find_vpc(self) -> str:
        """Return the VPC of the subnets; "" stands for the region's default one."""
        if not self._vpc and self._account.subnets:
            names = list(self._account.subnets.values())
            found = {
                row["VpcId"] for row in self._ec2("describe_subnets", SubnetIds=names)["Subnets"]
            }
            if len(found) > 1:
                raise InvalidRequest(
                    "The cloud's subnets are in different VPCs. Use subnets of one VPC."
                )
            self._vpc = found.pop()
        return self._vpc

    def _let_in(self, group: Any) -> None:
        """Make sure of the rules, also of those that a process did not get to that was killed."""
        own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group["GroupId"]}]}
        outside = [
            {
                "IpProtocol": "tcp",
                "FromPort": port,
                "ToPort": port,
                **_ranges(self._account.allowed_cidrs),
            }
            for port in OUTSIDE_PORTS
            if self._account.allowed_cidrs
        ]
        for rule in (own, *outside):
            self._authorize("authorize_security_group_ingress", group, rule)
        # EFA goes only where a rule says that it may go out to the very group.
        self._authorize("authorize_security_group_egress", group, own)

    def _authorize(self, call: str, group: Any, rule: Any) -> None:
        try:
            self._ec2(call, GroupId=group["GroupId"], IpPermissions=[rule])
        except InvalidRequest as error:
            if code_of(error) in _MISSING:  # just made, and not known everywhere yet
                raise Throttled(NOT_YET) from error
            if code_of(error) != "InvalidPermission.Duplicate":
                raise

    def _tagged(self, cluster: ClusterRef, resource: str) -> list[Any]:
        own = {
            **self._account.tags,
            **tags.of_cluster(cluster.handle, self._account.installation),
        }
        return [{"ResourceType": resource, "Tags": tags.rows(own)}]


def _name(cluster: ClusterRef) -> str:
    return f"mobula-{cluster.handle}"


def _ranges(cidrs: Sequence[str]) -> dict[str, Any]:
    new = [{"CidrIp": one} for one in cidrs if ":" not in one]
    six = [{"CidrIpv6": one} for one in cidrs if ":" in one]
    return {**({"IpRanges": new} if new else {}), **({"Ipv6Ranges": six} if six else {})}
