"""The policies to copy allow every call that the driver makes, as narrowly as AWS can limit it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from domain.accounts.declared import AccountFacts
from mobula.demo_cloud.aws.protocol import model_of
from providers.aws.pages.documents import PRINCIPAL, access_documents
from providers.aws.rights import FOR_BUILDS, FOR_QUEUE, RIGHTS
from providers.base import InvalidRequest

NUMBER = "123456789012"
ROLE = f"arn:aws:iam::{NUMBER}:role/mobula"
PROFILES = {
    "head_profile": "heads",
    "worker_profile": f"arn:aws:iam::{NUMBER}:instance-profile/a/w",
}
QUEUE = "https://sqs.us-east-1.amazonaws.com/999999999999/mobula"  # of another account
# AWS answers it to everybody, whatever the policies say.
NEEDS_NO_RIGHT = {"sts:GetCallerIdentity"}
MOST_LETTERS = 6144  # of a managed policy, without white space
TAG = "mobula:installation"


def documents(
    settings: dict[str, Any] | None = None,
    *,
    region: str = "us-east-1",
    installation: str = "k3",
    **credentials: str,
) -> dict[str, str]:
    facts = AccountFacts(
        region=region,
        settings=settings or {},
        credentials=credentials,
        installation=installation,
    )
    return {one.name: one.text for one in access_documents(facts)}


def policy(settings: dict[str, Any] | None = None, **more: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(documents(settings, **more)["policy"])[
        "Statement"
    ]
    return statements


def allowed(text: str) -> set[str]:
    return {action for one in json.loads(text)["Statement"] for action in one["Action"]}


def grants(statements: list[dict[str, Any]], action: str, arn: str, **keys: str | None) -> bool:
    """Whether a request with these condition keys is allowed on a resource, as IAM decides it."""
    return any(
        action in one["Action"]
        and any(fnmatchcase(arn, pattern) for pattern in one["Resource"])
        and all(_holds(wanted, keys) for wanted in one.get("Condition", {}).values())
        for one in statements
    )


def _holds(wanted: dict[str, Any], keys: dict[str, str | None]) -> bool:
    return all(
        keys.get(name) in (value if isinstance(value, list) else [value])
        for name, value in wanted.items()
    )


def test_every_call_of_the_driver_is_allowed_and_no_other() -> None:
    texts = documents(PROFILES | {"interruption_queue": QUEUE})
    assert allowed(texts["policy"]) | allowed(texts["assume"]) == RIGHTS.keys() - NEEDS_NO_RIGHT
    assert allowed(texts["assume"]) == {"sts:AssumeRole"}


def test_builds_have_a_policy_of_their_own_with_all_their_calls() -> None:
    text = documents({"head_profile": "heads"})["builds"]
    assert allowed(text) == FOR_BUILDS.keys()
    resources = [one["Resource"] for one in json.loads(text)["Statement"]]
    assert all("*" not in (one[0], one[0].rpartition(":")[2]) for one in resources)


def test_every_action_of_ec2_is_one() -> None:
    known = model_of("ec2").operation_names
    ec2 = [one.partition(":")[2] for one in allowed(documents()["policy"]) if "ec2:" in one]
    assert [action for action in ec2 if action not in known] == []


def launched(tag: str) -> Iterator[tuple[str, dict[str, str]]]:
    """What one launch is checked for: each thing that is made or used, with its condition keys."""
    own, tagged = f"arn:aws:ec2:us-east-1:{NUMBER}:", {f"aws:RequestTag/{TAG}": tag}
    for kind in ("instance/*", "volume/*", "network-interface/*"):
        yield own + kind, tagged
    yield "arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0", {}
    yield "arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0", {}
    yield "arn:aws:ec2:us-east-1:999999999999:subnet/subnet-01234567", {}  # shared with us
    for kind in (
        "security-group/sg-01234567",
        "key-pair/ops",
        "placement-group/mobula-c4f1a9e2",
        "spot-instances-request/*",
        "capacity-reservation/cr-01234567",
    ):
        yield own + kind, {}


def test_a_launch_is_allowed_with_the_tag_of_the_installation_only() -> None:
    statements = policy(role_arn=ROLE)
    assert all(grants(statements, "ec2:RunInstances", arn, **k) for arn, k in launched("k3"))
    for tag in ("k4", ""):
        assert not all(grants(statements, "ec2:RunInstances", arn, **k) for arn, k in launched(tag))
    elsewhere = f"arn:aws:ec2:eu-west-1:{NUMBER}:instance/*"
    assert not grants(statements, "ec2:RunInstances", elsewhere, **{f"aws:RequestTag/{TAG}": "k3"})


@pytest.mark.parametrize(
    ("action", "kind", "key"),
    [
        ("ec2:TerminateInstances", "instance/i-01234567", "ResourceTag"),
        ("ec2:DeleteSecurityGroup", "security-group/sg-01234567", "ResourceTag"),
        ("ec2:AuthorizeSecurityGroupIngress", "security-group/sg-01234567", "ResourceTag"),
        ("ec2:AuthorizeSecurityGroupEgress", "security-group/sg-01234567", "ResourceTag"),
        ("ec2:CreateSecurityGroup", "security-group/*", "RequestTag"),
        ("ec2:CreatePlacementGroup", "placement-group/mobula-c4f1a9e2", "RequestTag"),
    ],
)
def test_only_what_is_ours_can_be_made_changed_and_removed(
    action: str, kind: str, key: str
) -> None:
    statements, arn = policy(), f"arn:aws:ec2:us-east-1:{NUMBER}:{kind}"
    assert grants(statements, action, arn, **{f"aws:{key}/{TAG}": "k3"})
    assert not grants(statements, action, arn, **{f"aws:{key}/{TAG}": "k4"})
    assert not grants(statements, action, arn)


def test_a_rule_is_checked_beside_its_group_and_has_no_tags() -> None:
    rule = f"arn:aws:ec2:us-east-1:{NUMBER}:security-group-rule/*"
    assert grants(policy(), "ec2:AuthorizeSecurityGroupIngress", rule)
    vpc = "arn:aws:ec2:us-east-1:999999999999:vpc/vpc-01234567"
    assert grants(policy({"vpc": "vpc-01234567"}), "ec2:CreateSecurityGroup", vpc)


def test_tags_are_written_at_the_creation_only() -> None:
    statements, arn = policy(), f"arn:aws:ec2:us-east-1:{NUMBER}:instance/i-01234567"
    made = {f"aws:RequestTag/{TAG}": "k3"}
    for call in ("RunInstances", "CreateSecurityGroup", "CreatePlacementGroup"):
        assert grants(statements, "ec2:CreateTags", arn, **made, **{"ec2:CreateAction": call})
    assert not grants(statements, "ec2:CreateTags", arn, **made)


def test_the_roles_of_the_nodes_are_passed_to_ec2_and_no_other() -> None:
    statements, to = policy(PROFILES), {"iam:PassedToService": "ec2.amazonaws.com"}
    for role, is_passed in (("heads", True), ("a/w", True), ("admin", False)):
        arn = f"arn:aws:iam::{NUMBER}:role/{role}"
        assert grants(statements, "iam:PassRole", arn, **to) is is_passed
        assert not grants(statements, "iam:PassRole", arn)
    assert "iam:PassRole" not in allowed(documents()["policy"])


def test_only_parameters_that_are_used_can_be_read() -> None:
    settings = {"images": {"gpu": {"ssm": "/ours/gpu:3"}, "cpu": {"id": "ami-01234567"}}}
    (read,) = [one for one in policy(settings) if one["Sid"] == "ReadAmiParameters"]
    ubuntu = "aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"
    assert read["Resource"] == [
        "arn:aws:ssm:us-east-1:*:parameter/ours/gpu",
        f"arn:aws:ssm:us-east-1::parameter/{ubuntu}",
    ]
    chosen = {kind: {"id": "ami-01234567"} for kind in ("cpu", "gpu", "arm64")}
    assert "ssm:GetParameter" not in allowed(documents({"images": chosen})["policy"])


@pytest.mark.parametrize(
    ("key", "resource"),
    [
        (f"arn:aws:kms:us-east-1:{NUMBER}:key/1", f"arn:aws:kms:us-east-1:{NUMBER}:key/1"),
        ("1234", "arn:aws:kms:us-east-1:*:key/1234"),
        ("alias/ebs", "arn:aws:kms:us-east-1:*:key/*"),
    ],
)
def test_a_key_of_ones_own_can_be_used_through_ec2(key: str, resource: str) -> None:
    statements = policy({"root_disk": {"kms_key": key}})
    (found,) = [one for one in statements if one["Sid"] == "EncryptVolumes"]
    assert found["Resource"] == [resource]
    assert found["Condition"]["StringEquals"] == {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}
    aliases = found["Condition"].get("ForAnyValue:StringEquals")
    assert aliases == ({"kms:ResourceAliases": key} if "alias" in key else None)


@pytest.mark.parametrize(
    ("region", "partition", "service"),
    [
        ("eu-central-1", "aws", "ec2.amazonaws.com"),
        ("cn-north-1", "aws-cn", "ec2.amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "ec2.amazonaws.com"),
    ],
)
def test_arns_are_those_of_the_regions_partition(region: str, partition: str, service: str) -> None:
    text = "".join(documents(PROFILES | {"worker_profile": "w"}, region=region).values())
    assert set(re.findall(r"arn:(aws[a-z-]*):", text)) == {partition}
    assert f'"{service}"' in text


def test_a_policy_fits_into_one_of_iam() -> None:
    most = {"root_disk": {"kms_key": "alias/ebs"}, "interruption_queue": QUEUE}
    text = documents(PROFILES | most)["policy"]
    assert len(re.sub(r"\s", "", text)) < MOST_LETTERS


def test_the_queue_can_be_read_and_no_other() -> None:
    statements = policy({"interruption_queue": QUEUE}, role_arn=ROLE)
    for action in FOR_QUEUE:
        assert grants(statements, action, "arn:aws:sqs:us-east-1:999999999999:mobula")
        assert not grants(statements, action, f"arn:aws:sqs:us-east-1:{NUMBER}:mobula")
        assert not grants(statements, action, "arn:aws:sqs:us-east-1:999999999999:other")
    assert not [one for one in allowed(documents()["policy"]) if one.startswith("sqs:")]


def test_the_role_is_trusted_with_its_external_id() -> None:
    (one,) = json.loads(documents(external_id="team-7")["trust"])["Statement"]
    assert one["Principal"] == {"AWS": PRINCIPAL}
    assert one["Condition"] == {"StringEquals": {"sts:ExternalId": "team-7"}}
    (bare,) = json.loads(documents()["trust"])["Statement"]
    assert "Condition" not in bare


def test_mobula_may_assume_that_role_and_no_other() -> None:
    (one,) = json.loads(documents(role_arn=ROLE)["assume"])["Statement"]
    assert one["Resource"] == [ROLE]


def jsonencoded(text: str) -> list[dict[str, Any]]:
    """The policies in a Terraform configuration; the principal is a variable."""
    text = text.replace("var.mobula_principal", '"var.mobula_principal"')
    found, decoder = [], json.JSONDecoder()
    for start in re.finditer(r"jsonencode\(", text):
        value, end = decoder.raw_decode(text, start.end())
        assert text[end] == ")"
        found.append(value)
    return found


def test_terraform_has_the_same_policies() -> None:
    texts = documents(PROFILES, role_arn=ROLE, external_id="team-7")
    trust, granted, *nodes = jsonencoded(texts["terraform"])
    assert granted == json.loads(texts["policy"])
    assert trust["Statement"][0]["Principal"] == {"AWS": "var.mobula_principal"}
    assert trust["Statement"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": "team-7"}}
    assert len(nodes) == 2
    for name in ("heads", "w"):
        assert f'resource "aws_iam_instance_profile" "node_{name}"' in texts["terraform"]
    assert 'path = "/a/"' in texts["terraform"]
    assert texts["terraform"].count("{") == texts["terraform"].count("}")


def test_terraform_makes_a_profile_where_none_is_named() -> None:
    text = documents()["terraform"]
    assert 'resource "aws_iam_instance_profile" "node_mobula_node"' in text
    (passed,) = [
        one for one in jsonencoded(text)[1]["Statement"] if one["Sid"] == "PassRolesOfNodes"
    ]
    assert passed["Resource"] == ["arn:aws:iam::*:role/mobula-node"]


def test_terraform_reads_no_text_as_its_own_expression() -> None:
    text = documents({"images": {"cpu": {"ssm": "/${x}/%{y}"}}})["terraform"]
    assert "$${x}/%%{y}" in text


def test_settings_that_are_wrong_have_no_policy() -> None:
    with pytest.raises(InvalidRequest, match="'vpc' is not an ID"):
        documents({"vpc": "x"})
