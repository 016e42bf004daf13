"""The double of AWS answers as EC2 does, as far as the driver and its tests rely on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ParamValidationError

from mobula.demo_cloud.aws import cloud as doubles
from mobula.demo_cloud.aws.cloud import ACTIONS
from mobula.demo_cloud.aws.protocol import check, model_of
from mobula.demo_cloud.aws.world import SUBNETS, World

type Client = Callable[[str], Any]


@pytest.fixture
def client(cloud: doubles.Cloud) -> Client:
    """Open a client of a service that asks the double."""

    def opened(service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=cloud.url,
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="hunter2",
            config=Config(retries={"total_max_attempts": 1}),
        )

    return opened


def machines(**more: Any) -> dict[str, Any]:
    return {
        "ImageId": "ami-000000c1", "InstanceType": "m5.large", "MinCount": 1, "MaxCount": 1,
    } | more  # fmt: skip


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


def ids(answer: Any) -> list[str]:
    return [one["InstanceId"] for one in answer["Instances"]]


def test_a_token_means_the_same_machines(client: Client, world: World) -> None:
    ec2 = client("ec2")
    first = ec2.run_instances(**machines(MaxCount=3, ClientToken="t"))
    assert ids(ec2.run_instances(**machines(MaxCount=3, ClientToken="t"))) == ids(first)
    assert len(world.instances) == 3
    assert [one["AmiLaunchIndex"] for one in first["Instances"]] == [0, 1, 2]
    changed = machines(MaxCount=4, ClientToken="t")
    assert refusal(ec2.run_instances, **changed) == "IdempotentParameterMismatch"
    assert ids(ec2.run_instances(**machines(MaxCount=3, ClientToken="u"))) != ids(first)


def test_a_refused_launch_does_not_use_its_token_up(client: Client, world: World) -> None:
    ec2, pool = client("ec2"), ("m5.large", "us-east-1a", "on-demand")
    world.capacity[pool] = 0
    asked = machines(ClientToken="t", Placement={"AvailabilityZone": "us-east-1a"})
    assert refusal(ec2.run_instances, **asked) == "InsufficientInstanceCapacity"
    world.capacity[pool] = 1
    assert len(ids(ec2.run_instances(**asked))) == 1


def test_capacity_is_that_of_type_zone_and_market(client: Client, world: World) -> None:
    ec2 = client("ec2")
    world.capacity["m5.large", "us-east-1b", "spot"] = 2
    spot = {"InstanceMarketOptions": {"MarketType": "spot"}, "SubnetId": SUBNETS["us-east-1b"]}
    answer = ec2.run_instances(**machines(MaxCount=5, **spot))
    assert len(ids(answer)) == 2
    assert {one["InstanceLifecycle"] for one in answer["Instances"]} == {"spot"}
    assert refusal(ec2.run_instances, **machines(**spot)) == "InsufficientInstanceCapacity"
    assert len(ids(ec2.run_instances(**machines(MaxCount=5)))) == 5
    ec2.terminate_instances(InstanceIds=ids(answer)[:1])
    assert len(ids(ec2.run_instances(**machines(MaxCount=5, **spot)))) == 1


def test_quotas_are_counted_in_vcpus(client: Client, world: World) -> None:
    ec2 = client("ec2")
    world.quotas["on-demand"] = 6
    assert len(ids(ec2.run_instances(**machines(MaxCount=9)))) == 3
    assert refusal(ec2.run_instances, **machines()) == "VcpuLimitExceeded"


def test_addresses_of_a_subnet_run_out(client: Client, world: World) -> None:
    world.subnets[SUBNETS["us-east-1a"]].free = 2
    asked = machines(MaxCount=9, SubnetId=SUBNETS["us-east-1a"])
    assert len(ids(client("ec2").run_instances(**asked))) == 2
    assert refusal(client("ec2").run_instances, **asked) == "InsufficientFreeAddressesInSubnet"


def test_the_list_lags_and_what_has_ended_leaves_it(client: Client, world: World) -> None:
    ec2 = client("ec2")
    world.lag, world.boot_seconds, world.stop_seconds = 10, 20, 30

    def listed() -> list[str]:
        rows = ec2.describe_instances()["Reservations"]
        return [one["State"]["Name"] for row in rows for one in row["Instances"]]

    [name] = ids(ec2.run_instances(**machines()))
    assert listed() == []
    world.now[0] += 10  # type: ignore[attr-defined]
    assert listed() == ["pending"]
    world.now[0] += 10  # type: ignore[attr-defined]
    assert listed() == ["running"]
    ec2.terminate_instances(InstanceIds=[name])
    assert listed() == ["shutting-down"]
    world.now[0] += 30  # type: ignore[attr-defined]
    assert listed() == ["terminated"]
    world.now[0] += 3600  # type: ignore[attr-defined]
    assert listed() == []


def test_pages_have_so_many_machines(client: Client) -> None:
    ec2 = client("ec2")
    ec2.run_instances(**machines(MaxCount=5))
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 2}))
    counts = [sum(len(row["Instances"]) for row in page["Reservations"]) for page in pages]
    assert counts == [2, 2, 1]


def test_filters_are_those_that_ec2_has(client: Client) -> None:
    ec2 = client("ec2")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "a & <b>"}]}]
    ec2.run_instances(**machines(ClientToken="t", TagSpecifications=tags))
    for name, value in (("tag:team", "a & <b>"), ("client-token", "t"), ("tag-key", "team")):
        filters = [{"Name": name, "Values": [value]}]
        assert len(ec2.describe_instances(Filters=filters)["Reservations"]) == 1
        filters = [{"Name": name, "Values": ["other"]}]
        assert ec2.describe_instances(Filters=filters)["Reservations"] == []
    bad = [{"Name": "no-such-filter", "Values": ["x"]}]
    assert refusal(ec2.describe_instances, Filters=bad) == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"ImageId": "ami-0000dead"}, "InvalidAMIID.NotFound"),
        ({"InstanceType": "m5.tiny"}, "InvalidParameterValue"),
        ({"InstanceType": "c7g.large"}, "InvalidParameterValue"),
        ({"MinCount": 2}, "InvalidParameterValue"),
        ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound"),
        ({"SubnetId": "subnet-0000dead"}, "InvalidSubnetID.NotFound"),
        ({"SecurityGroupIds": ["sg-0000dead"]}, "InvalidGroup.NotFound"),
        ({"Placement": {"GroupName": "x"}}, "InvalidPlacementGroup.Unknown"),
        ({"UserData": "x" * 20000}, "InvalidParameterValue"),
        (
            {"SubnetId": "subnet-0000001a", "NetworkInterfaces": [{"DeviceIndex": 0}]},
            "InvalidParameterCombination",
        ),
        ({"NetworkInterfaces": [{"DeviceIndex": 0, "InterfaceType": "efa"}]}, "Unsupported"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_launches_that_ec2_refuses_are_refused(
    client: Client, world: World, parameters: dict[str, Any], code: str
) -> None:
    assert refusal(client("ec2").run_instances, **machines(**parameters)) == code
    assert not world.instances


def test_groups_in_use_are_not_removed(client: Client, world: World) -> None:
    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName="g", Description="d")["GroupId"]
    name = ec2.create_placement_group(GroupName="p", Strategy="cluster")["PlacementGroup"]
    assert name["GroupName"] == "p"
    assert refusal(ec2.create_security_group, GroupName="g", Description="d") == (
        "InvalidGroup.Duplicate"
    )
    asked = machines(SecurityGroupIds=[group], Placement={"GroupName": "p"})
    [machine] = ids(ec2.run_instances(**asked))
    assert refusal(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    assert refusal(ec2.delete_placement_group, GroupName="p") == "InvalidPlacementGroup.InUse"
    ec2.terminate_instances(InstanceIds=[machine])
    ec2.delete_security_group(GroupId=group)
    ec2.delete_placement_group(GroupName="p")
    assert not world.groups
    assert not world.placements


def test_a_terminate_with_an_unknown_machine_ends_none(client: Client, world: World) -> None:
    ec2 = client("ec2")
    [name] = ids(ec2.run_instances(**machines()))
    call = {"InstanceIds": [name, "i-0000000000000dead"]}
    assert refusal(ec2.terminate_instances, **call) == "InvalidInstanceID.NotFound"
    assert len(world.alive()) == 1


@pytest.mark.parametrize("takes_effect", [True, False])
def test_faults_come_before_or_after_the_effect(
    client: Client, world: World, takes_effect: bool
) -> None:
    ec2 = client("ec2")
    world.fail("RunInstances", "RequestLimitExceeded", takes_effect=takes_effect)
    assert refusal(ec2.run_instances, **machines()) == "RequestLimitExceeded"
    assert len(world.instances) == takes_effect
    world.fail("RunInstances", takes_effect=takes_effect)
    with pytest.raises(ConnectionClosedError):
        ec2.run_instances(**machines())
    assert len(world.instances) == 2 * takes_effect
    ec2.run_instances(**machines())
    assert len(world.instances) == 2 * takes_effect + 1


def test_each_answer_says_only_what_its_service_can_say(client: Client, world: World) -> None:
    """What botocore reads is what the double meant: checked for each action that lists things."""
    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName="g", Description="d")["GroupId"]
    rule = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "::/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
    ec2.create_placement_group(GroupName="p")
    ec2.run_instances(**machines(MaxCount=2))
    world.profiles["ray"], world.queues["mobula"] = ["ray"], {}
    quota = {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}
    world.vcpu_quotas["L-1216C47A"] = 64.0
    types = ["m5.large", "m5.2xlarge", "g5.xlarge"]
    asked: dict[str, dict[str, Any]] = {
        "DescribeInstanceTypeOfferings": {"LocationType": "availability-zone"},
        "GetProducts": {"ServiceCode": "AmazonEC2"},
        "GetParameter": {"Name": next(iter(world.parameters))},
        "GetServiceQuota": quota,
        "GetAWSDefaultServiceQuota": quota,
        "GetInstanceProfile": {"InstanceProfileName": "ray"},
        "GetQueueAttributes": {"QueueUrl": "https://q/mobula", "AttributeNames": ["All"]},
        "GetSpotPlacementScores": {"TargetCapacity": 2, "InstanceTypes": types},
    }
    services = {
        "GetProducts": "pricing", "GetParameter": "ssm", "GetServiceQuota": "service-quotas",
        "GetAWSDefaultServiceQuota": "service-quotas", "GetInstanceProfile": "iam",
        "GetQueueAttributes": "sqs",
    }  # fmt: skip
    listing = [name for name in ACTIONS if name.startswith(("Describe", "Get"))]
    for action in listing:
        service = services.get(action, "ec2")
        told = ACTIONS[action](world, asked.get(action, {}))
        read = client(service)._make_api_call(action, asked.get(action, {}))
        del read["ResponseMetadata"]
        assert flat(read) == flat(told), action
        check(model_of(service).operation_model(action).output_shape, told, action)


def flat(value: Any) -> Any:
    """Without what botocore adds or leaves out: empty lists, and the zones of moments."""
    if isinstance(value, dict):
        return {key: flat(inner) for key, inner in value.items() if inner not in ([], {}, "", None)}
    if isinstance(value, list):
        return [flat(inner) for inner in value]
    return value.timestamp() if hasattr(value, "timestamp") else value


def test_an_answer_with_an_unknown_member_is_a_defect_of_the_double() -> None:
    shape = model_of("ec2").operation_model("DescribeInstances").output_shape
    with pytest.raises(AssertionError, match="no member Machines"):
        check(shape, {"Machines": []}, "DescribeInstances")
    wrong = {"Reservations": [{"Instances": [{"State": {"Name": "asleep"}}]}]}
    with pytest.raises(AssertionError, match="asleep"):
        check(shape, wrong, "DescribeInstances")


def test_a_misspelled_parameter_is_refused_by_botocore_or_by_the_double(client: Client) -> None:
    with pytest.raises(ParamValidationError):
        client("ec2").run_instances(**machines(Subnet="x"))


def test_actions_that_the_double_has_not_are_told(client: Client) -> None:
    assert refusal(client("ec2").describe_snapshots) == "InvalidAction"


def test_a_role_is_let_in_with_its_external_id_until_it_expires(
    client: Client, world: World, cloud: doubles.Cloud
) -> None:
    role = "arn:aws:iam::123456789012:role/mobula"
    world.roles[role] = "shared"
    asked = {"RoleArn": role, "RoleSessionName": "mobula"}
    assert refusal(client("sts").assume_role, **asked) == "AccessDenied"
    keys = client("sts").assume_role(**asked, ExternalId="shared")["Credentials"]
    ec2 = boto3.client(
        "ec2",
        region_name="us-east-1",
        endpoint_url=cloud.url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    assert ec2.describe_instances()["Reservations"] == []
    world.now[0] += world.session_seconds  # type: ignore[attr-defined]
    assert refusal(ec2.describe_instances) == "RequestExpired"
