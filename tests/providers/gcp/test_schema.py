"""Raw blocks for Compute Engine are checked against the provider's own schema."""

from typing import Any

import pytest

from tests.providers.block_checks import GCP, check, check_fix, check_good_block, check_mistake
from tests.providers.good_blocks import GOOD

BAD: list[tuple[dict[str, Any], str, str, str]] = [
    # block, path of the problem, its code, the button of its fix
    ({"service_acounts": []}, "service_acounts", "block-unknown-key", "Rename to service_accounts"),
    ({"labels": {"Team": "a"}}, "labels.Team", "block-bad-value", "Rename to team"),
    ({"labels": {"a": "B C"}}, "labels.a", "block-bad-value", ""),
    ({"labels": {"a": True}}, "labels.a", "block-wrong-type", 'Write "true"'),
    ({"tags": {"items": ["Ray"]}}, "tags.items[0]", "block-bad-value", "Set to ray"),
    (
        {"disks": [{"initialize_params": {"disk_size_gb": "100GB"}}]},
        "disks[0].initialize_params.disk_size_gb",
        "block-bad-value",
        "",
    ),
    ({"scheduling": {"minNodeCpus": 2**40}}, "scheduling.minNodeCpus", "block-bad-value", ""),
    (
        {"instance_properties": {"disks": [{"initializeParams": {"sourceImage": "i"}}]}},
        "instance_properties.disks[0].initializeParams.sourceImage",
        "block-refused-key",
        "Remove sourceImage",
    ),
    (
        {"metadata": {"items": [{"key": "user-data", "value": "x"}]}},
        "metadata.items[0]",
        "block-refused-key",
        "Remove user-data",
    ),
    (
        {"scheduling": {"provisioning_model": "spot"}},
        "scheduling.provisioning_model",
        "block-bad-value",
        "Set to SPOT",
    ),
]


def test_a_good_block_has_no_problems() -> None:
    check_good_block(GCP, GOOD[GCP])


@pytest.mark.parametrize(("block", "path", "code", "button"), BAD)
def test_a_mistake_is_found_at_its_place(
    block: dict[str, Any], path: str, code: str, button: str
) -> None:
    check_mistake(GCP, block, path=path, code=code, button=button)


@pytest.mark.parametrize(("block", "path", "code", "button"), BAD)
def test_each_fix_mends_the_text(block: dict[str, Any], path: str, code: str, button: str) -> None:
    check_fix(GCP, block, code=code)


def test_both_spellings_are_known_and_neither_hides_the_other() -> None:
    block = {
        "instanceProperties": {"service_accounts": 1},
        "instance_properties": {"serviceAccounts": 1},
    }
    assert [p.code for p in check(GCP, block)] == ["block-wrong-type"] * 2
