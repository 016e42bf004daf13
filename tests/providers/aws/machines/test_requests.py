"""What RunInstances is asked for: the cloud's settings, and the raw configuration over them."""

from __future__ import annotations

from typing import Any

import pytest

from domain.offerings import Market
from mobula.demo_cloud.aws.catalogue import ARM, CPU, GPU, add_image
from mobula.demo_cloud.aws.world import SUBNETS, World, tags_for
from providers.base import CapacityUnavailable, InvalidRequest, LaunchFailed
from tests.providers.aws.conftest import CLUSTER, Open, head, workers

SUBNET = SUBNETS["us-east-1a"]
EFA: dict[str, Any] = {"efa_config": {}}


@pytest.fixture
def ask(open_aws: Open, world: World) -> Any:
    """Launch nodes with settings; return the parameters that EC2 saw."""

    def asked(nodes: Any, **settings: Any) -> Any:
        driver = open_aws(**settings)
        driver.prepare(CLUSTER)
        driver.launch(CLUSTER, nodes)
        return world.called("RunInstances")[-1]

    return asked


def refusal(ask: Any, nodes: Any, **settings: Any) -> Exception:
    with pytest.raises(LaunchFailed) as failed:
        ask(nodes, **settings)
    return failed.value.failures[0].error


def test_metadata_is_version_2_only_with_tags(ask: Any) -> None:
    options = ask([head()])["MetadataOptions"]
    assert options["HttpTokens"] == "required"
    assert options["InstanceMetadataTags"] == "enabled"


def test_a_tag_that_metadata_cannot_show_turns_its_tags_off(ask: Any) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "kubernetes.io/cluster", "Value": "x"}]}]
    call = ask([head(raw={"TagSpecifications": tags})])
    assert call["MetadataOptions"]["InstanceMetadataTags"] == "disabled"
    assert tags_for(call, "instance")["kubernetes.io/cluster"] == "x"


@pytest.mark.parametrize("resource", ["instance", "volume", "network-interface"])
def test_all_that_is_made_is_tagged(ask: Any, resource: str) -> None:
    tags = tags_for(ask(workers(2), tags={"team": "search"}), resource)
    assert tags == {
        "Name": "demo workers",
        "team": "search",
        "mobula:installation": "default",
        "mobula:cluster": CLUSTER.handle,
        "mobula:batch": f"{CLUSTER.handle}-2",
        "mobula:role": "worker",
        "mobula:group": "workers",
    }


def test_a_configuration_cannot_give_a_machine_to_another_cluster(ask: Any) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "mobula:cluster", "Value": "other"}]}]
    call = ask([head(raw={"TagSpecifications": tags})])
    assert tags_for(call, "instance")["mobula:cluster"] == CLUSTER.handle


def test_a_machine_that_shuts_down_ends(ask: Any) -> None:
    assert ask([head()])["InstanceInitiatedShutdownBehavior"] == "terminate"


def test_spot_is_asked_for_once_and_ends_when_it_is_taken_back(ask: Any) -> None:
    options = ask(workers(1, market=Market.SPOT))["InstanceMarketOptions"]
    assert options["MarketType"] == "spot"
    assert options["SpotOptions"] == {
        "SpotInstanceType": "one-time",
        "InstanceInterruptionBehavior": "terminate",
    }


def test_a_highest_spot_price_is_kept(ask: Any) -> None:
    raw = {"InstanceMarketOptions": {"SpotOptions": {"MaxPrice": "0.05"}}}
    options = ask(workers(1, market=Market.SPOT, raw=raw))["InstanceMarketOptions"]
    assert options["SpotOptions"]["MaxPrice"] == "0.05"
    assert options["SpotOptions"]["SpotInstanceType"] == "one-time"


@pytest.mark.parametrize(
    ("market", "raw"), [(Market.ON_DEMAND, "spot"), (Market.SPOT, "capacity-block")]
)
def test_the_market_of_the_group_holds(ask: Any, market: Market, raw: str) -> None:
    nodes = workers(1, market=market, raw={"InstanceMarketOptions": {"MarketType": raw}})
    error = refusal(ask, nodes)
    assert isinstance(error, InvalidRequest)
    assert "market" in str(error)


def test_a_capacity_block_and_a_reservation_are_passed_on(ask: Any) -> None:
    target = {"CapacityReservationTarget": {"CapacityReservationId": "cr-0123456789abcdef0"}}
    raw = {
        "InstanceMarketOptions": {"MarketType": "capacity-block"},
        "CapacityReservationSpecification": target,
    }
    call = ask(workers(1, raw=raw))
    assert call["InstanceMarketOptions"] == {"MarketType": "capacity-block"}
    assert call["CapacityReservationSpecification"] == target


def test_heads_and_workers_have_profiles_of_their_own(ask: Any) -> None:
    arn = "arn:aws:iam::123456789012:instance-profile/workers"
    profiles = {"head_profile": "heads", "worker_profile": arn}
    assert ask([head()], **profiles)["IamInstanceProfile"] == {"Name": "heads"}
    assert ask(workers(1), **profiles)["IamInstanceProfile"] == {"Arn": arn}


def test_a_raw_profile_takes_the_place_of_the_clouds(ask: Any) -> None:
    raw = {"IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/own"}}
    assert (
        ask([head(raw=raw)], head_profile="heads")["IamInstanceProfile"]
        == raw["IamInstanceProfile"]
    )


def test_a_key_pair_is_used_where_one_is_set(ask: Any) -> None:
    assert "KeyName" not in ask([head()])
    assert ask(workers(1), key_name="ops")["KeyName"] == "ops"


def test_the_root_disk_and_raw_disks_come_together(ask: Any) -> None:
    raw = {"BlockDeviceMappings": [
        {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 200}},
        {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 500, "VolumeType": "gp3"}},
    ]}  # fmt: skip
    disk = {"size_gib": 100, "type": "gp3", "iops": 4000, "throughput": 250, "encrypted": True}
    root, more = ask([head(raw=raw)], root_disk=disk)["BlockDeviceMappings"]
    assert root["Ebs"] == {
        "VolumeSize": 200, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250, "Encrypted": True,
        "DeleteOnTermination": True,
    }  # fmt: skip
    assert more == raw["BlockDeviceMappings"][1]


def test_without_settings_the_disks_are_the_images(ask: Any) -> None:
    assert "BlockDeviceMappings" not in ask([head()])


def test_a_node_goes_to_the_subnet_of_its_zone(ask: Any) -> None:
    call = ask(workers(1), subnets={"us-east-1a": SUBNET})
    assert call["SubnetId"] == SUBNET
    assert "Placement" not in call


def test_a_node_without_a_zone_goes_to_the_first_subnet(ask: Any) -> None:
    call = ask([head()], subnets={"us-east-1b": SUBNETS["us-east-1b"], "us-east-1a": SUBNET})
    assert call["SubnetId"] == SUBNETS["us-east-1b"]


def test_a_zone_without_a_subnet_has_no_capacity(ask: Any) -> None:
    error = refusal(ask, workers(1, zone="us-east-1c"), subnets={"us-east-1a": SUBNET})
    assert isinstance(error, CapacityUnavailable)
    assert "no subnet in us-east-1c" in str(error)


def test_without_subnets_the_zone_is_in_the_default_vpc(ask: Any) -> None:
    assert ask(workers(1))["Placement"] == {"AvailabilityZone": "us-east-1a"}


def test_public_addresses_are_asked_for_at_the_interface(ask: Any) -> None:
    call = ask([head()], public_ip=True, subnets={"us-east-1a": SUBNET})
    [interface] = call["NetworkInterfaces"]
    assert interface["AssociatePublicIpAddress"] is True
    assert interface["SubnetId"] == SUBNET
    assert len(interface["Groups"]) == 1
    assert "SubnetId" not in call
    assert "SecurityGroupIds" not in call


def test_raw_interfaces_get_what_they_leave_out(ask: Any) -> None:
    raw = {"NetworkInterfaces": [{"DeviceIndex": 0, "Description": "own"}], "SubnetId": SUBNET}
    [interface] = ask([head(raw=raw)])["NetworkInterfaces"]
    assert interface["SubnetId"] == SUBNET
    assert interface["Description"] == "own"
    assert len(interface["Groups"]) == 1


def test_own_security_groups_are_used_instead_of_one_of_ours(ask: Any, world: World) -> None:
    error = refusal(ask, [head()], security_groups=["sg-0123456789abcdef0"])
    assert isinstance(error, InvalidRequest)
    assert world.called("RunInstances")[-1]["SecurityGroupIds"] == ["sg-0123456789abcdef0"]
    assert not world.called("CreateSecurityGroup")


def test_efa_uses_every_card_in_a_placement_group_of_the_zone(ask: Any, world: World) -> None:
    call = ask(workers(2, instance_type="p4d.24xlarge", flags=EFA))
    places = [(one["NetworkCardIndex"], one["DeviceIndex"]) for one in call["NetworkInterfaces"]]
    assert places == [(0, 0), (1, 1), (2, 1), (3, 1)]
    assert {one["InterfaceType"] for one in call["NetworkInterfaces"]} == {"efa"}
    name = f"mobula-{CLUSTER.handle}-us-east-1a"
    assert call["Placement"]["GroupName"] == name
    assert world.placements[name].strategy == "cluster"


def test_efa_uses_so_many_cards_and_the_groups_that_are_named(ask: Any, world: World) -> None:
    from mobula.demo_cloud.aws.world import PlacementGroup

    world.placements["own"] = PlacementGroup(name="own", strategy="cluster", tags={})
    flags = {"efa_config": {"device_count": 1, "placement_group": "own"}}
    call = ask(workers(1, instance_type="p4d.24xlarge", flags=flags))
    assert len(call["NetworkInterfaces"]) == 1
    assert call["Placement"]["GroupName"] == "own"
    assert not world.called("CreatePlacementGroup")


def test_machines_without_efa_have_an_ordinary_interface(ask: Any) -> None:
    call = ask([head(flags=EFA)])
    assert "NetworkInterfaces" not in call
    assert "Placement" not in call


@pytest.mark.parametrize(
    ("machine", "image"), [("m5.large", CPU), ("g5.xlarge", GPU), ("c7g.large", ARM)]
)
def test_each_kind_of_machine_has_its_image(ask: Any, machine: str, image: str) -> None:
    assert ask(workers(1, instance_type=machine))["ImageId"] == image


def test_the_newest_image_of_a_name_is_taken(ask: Any, world: World) -> None:
    for number, month in ((1, "03"), (2, "07"), (3, "05")):
        made = f"2026-{month}-01T00:00:00.000Z"
        add_image(world, f"ami-0000000{number}", title=f"ray-{month}", owner="self", made=made)
    images = {"cpu": {"owner": "self", "name": "ray-*"}}
    assert ask([head()], images=images)["ImageId"] == "ami-00000002"


@pytest.mark.parametrize(
    ("image", "told"),
    [
        ({"id": "ami-0000dead"}, "AMI does not exist"),
        ({"ssm": "/nowhere"}, "/nowhere does not exist"),
        ({"owner": "self", "name": "ray-*"}, "no AMI named ray-"),
        ({"id": ARM}, "is for arm64"),
    ],
)
def test_an_image_that_does_not_fit_is_told(ask: Any, image: dict[str, str], told: str) -> None:
    error = refusal(ask, [head()], images={"cpu": image})
    assert isinstance(error, InvalidRequest)
    assert told in str(error)


def test_user_data_that_is_too_long_is_refused_here(ask: Any) -> None:
    error = refusal(ask, [head()], user_data=lambda _cluster, _node: "x" * 16385)
    assert "larger than 16 KiB" in str(error)


def test_a_type_that_does_not_exist_is_told(ask: Any) -> None:
    assert isinstance(refusal(ask, [head(instance_type="m5.tiny")]), InvalidRequest)


def test_a_raw_block_cannot_change_what_makes_a_launch_exact(ask: Any) -> None:
    raw = {"ClientToken": "x", "MaxCount": 9, "MinCount": 9, "InstanceType": "m5.2xlarge"}
    call = ask([head(raw=raw)])
    assert (call["MinCount"], call["MaxCount"], call["InstanceType"]) == (1, 1, "m5.large")
    assert call["ClientToken"] == f"mobula-{CLUSTER.handle}-1"
