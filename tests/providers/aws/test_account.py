"""A cloud's settings are read with errors that name the setting, its value and the way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from domain.offerings import ProviderKind
from providers.aws.account import DEFAULT_IMAGES, AwsAccount, read_account
from providers.aws.driver import open_driver
from providers.base import Account, InvalidRequest

KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "hunter2"}
SUBNET = "subnet-0123456789abcdef0"


def read(
    settings: dict[str, Any] | None = None,
    credentials: dict[str, Any] | None = None,
    region: str = "us-east-1",
) -> AwsAccount:
    return read_account(
        Account(
            kind=ProviderKind.AWS, id="1", home=Path("/nowhere"), region=region,
            settings=settings or {}, credentials=credentials or {},
        )
    )  # fmt: skip


def test_nothing_has_to_be_set() -> None:
    account = read()
    assert account.image("cpu") == DEFAULT_IMAGES["cpu"]
    assert account.security_groups == ()
    assert not account.credentials.role_arn
    assert account.node_lifetime_days == 365


def test_everything_can_be_set() -> None:
    account = read(
        {
            "vpc": "vpc-01234567",
            "subnets": {"us-east-1a": SUBNET},
            "security_groups": ["sg-01234567"],
            "allowed_cidrs": ["10.0.0.0/8"],
            "head_profile": "heads",
            "worker_profile": "arn:aws:iam::123456789012:instance-profile/team/workers",
            "images": {"gpu": {"id": "ami-01234567"}, "arm64": {"ssm": "/a/b"}},
            "root_disk": {"size_gib": 200, "type": "gp3", "encrypted": True},
            "tags": {"team": "search"},
            "key_name": "ops",
            "public_ip": False,
            "node_lifetime_days": 30,
            "endpoint": "http://127.0.0.1:5000",
        }
    )
    assert account.subnets == {"us-east-1a": SUBNET}
    assert account.image("gpu").id == "ami-01234567"
    assert account.root_disk.size_gib == 200
    assert account.public_ip is False
    assert account.node_lifetime_days == 30


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"subnet": SUBNET}, "Unknown setting 'subnet'"),
        ({"vpc": "vpc-xyz"}, "'vpc' is not an ID of AWS: 'vpc-xyz'"),
        ({"vpc": 5}, "'vpc' must be text: 5"),
        ({"subnets": [SUBNET]}, "'subnets' must be a mapping"),
        ({"subnets": {"us-east-1a": "sub"}}, "'subnets.us-east-1a' is not an ID"),
        ({"subnets": {"eu-west-1a": SUBNET}}, "'subnets.eu-west-1a' is not a zone of us-east-1"),
        ({"security_groups": "sg-01234567"}, "'security_groups' must be a list"),
        ({"security_groups": ["default"]}, "'security_groups.0' is not an ID"),
        ({"allowed_cidrs": ["10.0.0.0/99"]}, "'allowed_cidrs' has no valid CIDR: '10.0.0.0/99'"),
        ({"allowed_cidrs": [7]}, "'allowed_cidrs' must be text"),
        ({"head_profile": "a b"}, "'head_profile' is no instance profile"),
        ({"images": {"tpu": {}}}, "Unknown setting 'images.tpu'"),
        ({"images": {"cpu": {}}}, "'images.cpu' must have an id, an ssm parameter, or owner"),
        ({"images": {"cpu": {"owner": "self"}}}, "'images.cpu' must have"),
        ({"images": {"cpu": {"id": "ami-01234567", "ssm": "/a"}}}, "'images.cpu' must have"),
        ({"images": {"cpu": {"id": "debian"}}}, "'images.cpu.id' is not an ID"),
        ({"root_disk": {"size_gib": 0}}, "'root_disk.size_gib' must be a whole number of 1 to"),
        ({"root_disk": {"size_gib": True}}, "'root_disk.size_gib'"),
        ({"root_disk": {"type": "ssd"}}, "'root_disk.type' must be one of gp3"),
        ({"root_disk": {"encrypted": "yes"}}, "'root_disk.encrypted' must be true or false"),
        ({"tags": {"aws:x": "y"}}, "'tags.aws:x' starts with a reserved prefix"),
        ({"tags": {"mobula:x": "y"}}, "'tags.mobula:x' starts with a reserved prefix"),
        ({"tags": {"a/b": "y"}}, "'tags.a/b' has a character that nodes cannot read"),
        ({"tags": {str(number): "" for number in range(41)}}, "'tags' may have at most 40"),
        ({"public_ip": "no"}, "'public_ip' must be true or false"),
        ({"endpoint": "localhost"}, "'endpoint' is not a URL"),
        ({"node_lifetime_days": 0}, "'node_lifetime_days' must be a whole number of 1 to 3650: 0"),
        ({"mobula_url": "mobula"}, "'mobula_url' is not a URL: 'mobula'"),
        ({"mobula_url": "https://a b"}, "'mobula_url' is not a URL"),
        ({"mobula_url": "https://u:p@mobula.example.org"}, "'mobula_url' is not a URL"),
        ({"mobula_url": "https://mobula.example.org:port"}, "'mobula_url' is not a URL"),
        ({"mobula_url": "http://mobula.example.org"}, "'mobula_url' must begin with https"),
        ({"mobula_url": "https://127.0.0.1:8000"}, "'mobula_url' is the node itself"),
        ({"mobula_url": "https://[::1]"}, "'mobula_url' is the node itself"),
        ({"mobula_url": "https://localhost"}, "'mobula_url' is the node itself"),
    ],
)
def test_a_setting_that_is_wrong_is_named_with_its_value(
    settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidRequest) as error:
        read(settings)
    assert told in str(error.value)


def test_nodes_reach_mobula_at_a_url_that_they_can_trust() -> None:
    assert read({"mobula_url": "https://mobula.example.org/"}).mobula_url == (
        "https://mobula.example.org"
    )
    assert read().mobula_url == ""


def test_an_emulators_machines_reach_mobula_on_this_host() -> None:
    emulated = {"endpoint": "http://127.0.0.1:5000", "mobula_url": "http://127.0.0.1:8000"}
    assert read(emulated).mobula_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize("region", ["", "here", "us-east", "us-east-1a"])
def test_a_region_that_is_none_is_named(region: str) -> None:
    with pytest.raises(InvalidRequest, match="'region' is not a region of AWS"):
        read(region=region)


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "ap-southeast-4"])
def test_every_region_of_aws_is_one(region: str) -> None:
    assert read(region=region).region == region


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        ({"password": "hunter2"}, "Unknown credential 'password'"),
        ({"secret_access_key": ["hunter2"]}, "'secret_access_key' must be text."),
        ({"access_key_id": "AKIAIOSFODNN7EXAMPLE"}, "'secret_access_key' cannot be used"),
        (KEYS | {"profile": "p"}, "an access key or a profile"),
        ({"role_arn": "mobula"}, "not the ARN of a role"),
        ({"external_id": "hunter2"}, "needs a role"),
    ],
)
def test_credentials_that_are_wrong_are_told_without_a_secret(
    credentials: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidRequest) as error:
        read(credentials=credentials)
    assert told in str(error.value)
    assert "hunter2" not in str(error.value)


def test_secrets_are_never_printed() -> None:
    given = KEYS | {"session_token": "hunter2"}
    role = {"role_arn": "arn:aws:iam::123456789012:role/mobula", "external_id": "hunter2"}
    assert "hunter2" not in repr(read(credentials=given | role))


def test_accounts_are_in_one_place_if_they_sign_in_the_same_way() -> None:
    assert read(credentials=KEYS).place == read({"key_name": "ops"}, credentials=KEYS).place
    assert read(credentials=KEYS).place != read(credentials=KEYS, region="eu-west-1").place
    assert read(credentials=KEYS).place != read().place


def test_a_driver_is_opened_without_a_call_and_refuses_wrong_settings(tmp_path: Path) -> None:
    account = Account(kind=ProviderKind.AWS, id="1", home=tmp_path, region="us-east-1")
    assert open_driver(account).place.startswith("aws-")
    with pytest.raises(InvalidRequest):
        open_driver(Account(kind=ProviderKind.AWS, id="1", home=tmp_path, region="nowhere"))
