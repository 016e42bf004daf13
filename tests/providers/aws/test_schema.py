"""Raw blocks for EC2 are checked against the provider's own schema."""

from typing import Any

import pytest

from tests.providers.block_checks import AWS, check, check_fix, check_good_block, check_mistake
from tests.providers.good_blocks import GOOD

BAD: list[tuple[dict[str, Any], str, str, str]] = [
    # block, path of the problem, its code, the button of its fix
    ({"SubnetID": "s"}, "SubnetID", "block-unknown-key", "Rename to SubnetId"),
    ({"Zzzzzz": 1}, "Zzzzzz", "block-unknown-key", "Remove Zzzzzz"),
    ({"a.b[c": 1}, '["a.b?c"]', "block-unknown-key", "Remove a.b[c"),
    ({"GroupName": "x"}, "GroupName", "block-unknown-key", ""),
    ({"SecurityGroupIds": "sg-1"}, "SecurityGroupIds", "block-wrong-type", 'Set to ["sg-1"]'),
    ({"EbsOptimized": "true"}, "EbsOptimized", "block-wrong-type", "Set to true"),
    ({"EbsOptimized": 1}, "EbsOptimized", "block-wrong-type", ""),
    ({"KeyName": 7}, "KeyName", "block-wrong-type", 'Write "7"'),
    ({"KeyName": None}, "KeyName", "block-wrong-type", "Remove it"),
    ({"Ipv6AddressCount": True}, "Ipv6AddressCount", "block-wrong-type", ""),
    ({"Ipv6AddressCount": "3"}, "Ipv6AddressCount", "block-wrong-type", "Set to 3"),
    ({"Placement": []}, "Placement", "block-wrong-type", ""),
    ({"Monitoring": {}}, "Monitoring", "block-missing-key", ""),
    (
        {"BlockDeviceMappings": [{"Ebs": {"VolumeType": "gp33"}}]},
        "BlockDeviceMappings[0].Ebs.VolumeType",
        "block-bad-value",
        "Set to gp3",
    ),
    (
        {"ElasticInferenceAccelerators": [{"Type": "a", "Count": 0}]},
        "ElasticInferenceAccelerators[0].Count",
        "block-bad-value",
        "Set to 1",
    ),
]


def test_a_good_block_has_no_problems() -> None:
    check_good_block(AWS, GOOD[AWS])


@pytest.mark.parametrize(("block", "path", "code", "button"), BAD)
def test_a_mistake_is_found_at_its_place(
    block: dict[str, Any], path: str, code: str, button: str
) -> None:
    check_mistake(AWS, block, path=path, code=code, button=button)


@pytest.mark.parametrize(("block", "path", "code", "button"), BAD)
def test_each_fix_mends_the_text(block: dict[str, Any], path: str, code: str, button: str) -> None:
    check_fix(AWS, block, code=code)


def test_all_mistakes_are_found_at_once() -> None:
    block = {"SubnetID": 1, "KeyName": [], "Placement": {"Tenancy": "mine", "AvailabilityZon": "a"}}
    assert len(check(AWS, block)) == 4
