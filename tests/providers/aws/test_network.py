"""The cluster's own security group: its nodes reach each other, and nobody else them."""

from __future__ import annotations

import pytest

from mobula.demo_cloud.aws.world import SUBNETS, VPC, SecurityGroup, Subnet, World
from providers.aws.driver import AwsDriver
from providers.base import InvalidRequest, Throttled, Unreachable
from tests.providers.aws.conftest import CLUSTER, Open, head


def the_group(world: World) -> SecurityGroup:
    [group] = world.groups.values()
    return group


def test_only_its_nodes_may_connect(driver: AwsDriver, world: World) -> None:
    group = the_group(world)
    own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group.id}]}
    assert (group.name, group.ingress, group.egress) == (f"mobula-{CLUSTER.handle}", [own], [own])
    assert group.tags == {"mobula:cluster": CLUSTER.handle, "mobula:installation": "default"}


def test_ranges_that_are_set_may_connect_at_rays_ports(open_aws: Open, world: World) -> None:
    open_aws(allowed_cidrs=["10.0.0.0/8", "fd00::/8"]).prepare(CLUSTER)
    outside = the_group(world).ingress[1:]
    assert [rule["FromPort"] for rule in outside] == [22, 6379, 8265, 10001]
    assert {rule["IpRanges"][0]["CidrIp"] for rule in outside} == {"10.0.0.0/8"}
    assert {rule["Ipv6Ranges"][0]["CidrIpv6"] for rule in outside} == {"fd00::/8"}


def test_preparing_twice_changes_nothing(driver: AwsDriver, open_aws: Open, world: World) -> None:
    before = repr(the_group(world))
    driver.prepare(CLUSTER)
    open_aws().prepare(CLUSTER)
    assert repr(the_group(world)) == before
    assert world.count()["CreateSecurityGroup"] == 1


@pytest.mark.parametrize(
    "call",
    ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"],
)
@pytest.mark.parametrize("takes_effect", [True, False])
def test_preparing_that_broke_off_is_finished_by_the_next(
    open_aws: Open, world: World, call: str, takes_effect: bool
) -> None:
    world.fail(call, "InternalError", takes_effect=takes_effect, times=4)
    with pytest.raises(Unreachable):
        open_aws().prepare(CLUSTER)
    open_aws().prepare(CLUSTER)
    assert len(the_group(world).ingress) == 1
    assert len(the_group(world).egress) == 1


def test_the_group_is_made_in_the_vpc_of_the_subnets(open_aws: Open, world: World) -> None:
    world.subnets["subnet-00000002"] = Subnet(
        id="subnet-00000002", zone="us-east-1a", vpc="vpc-00000002", default=False
    )
    open_aws(subnets={"us-east-1a": "subnet-00000002"}).prepare(CLUSTER)
    assert the_group(world).vpc == "vpc-00000002"


def test_subnets_of_two_vpcs_are_refused(open_aws: Open, world: World) -> None:
    world.subnets["subnet-00000002"] = Subnet(
        id="subnet-00000002", zone="us-east-1b", vpc="vpc-00000002"
    )
    subnets = {"us-east-1a": SUBNETS["us-east-1a"], "us-east-1b": "subnet-00000002"}
    with pytest.raises(InvalidRequest, match="different VPCs"):
        open_aws(subnets=subnets).prepare(CLUSTER)


def test_a_vpc_that_is_set_is_taken(open_aws: Open, world: World) -> None:
    open_aws(vpc=VPC).prepare(CLUSTER)
    assert world.called("CreateSecurityGroup")[0]["VpcId"] == VPC
    assert not world.called("DescribeSubnets")


def test_a_group_that_is_made_and_not_listed_is_waited_for(open_aws: Open, world: World) -> None:
    world.fail("CreateSecurityGroup", "InvalidGroup.Duplicate", status=400)
    with pytest.raises(Throttled, match="does not know"):
        open_aws().prepare(CLUSTER)


def test_a_group_that_was_just_made_may_be_unknown_for_a_moment(
    open_aws: Open, world: World
) -> None:
    world.fail("AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound", status=400)
    driver = open_aws()
    with pytest.raises(Throttled, match="does not know"):
        driver.prepare(CLUSTER)
    driver.prepare(CLUSTER)
    assert len(the_group(world).ingress) == 1


def test_a_destroyed_cluster_is_not_prepared_again(driver: AwsDriver, world: World) -> None:
    driver.destroy(CLUSTER)
    driver.prepare(CLUSTER)
    driver.launch(CLUSTER, [head()])
    assert not world.groups
    assert not world.instances


def test_a_cluster_that_is_destroyed_while_it_is_prepared_keeps_no_group(
    open_aws: Open, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = open_aws()
    prepare = driver._network.prepare

    def meanwhile(cluster: object) -> None:
        prepare(CLUSTER)
        driver._ended.end_cluster(CLUSTER.handle)

    monkeypatch.setattr(driver._network, "prepare", meanwhile)
    driver.prepare(CLUSTER)
    assert not world.groups
