"""The form has a field for each setting of an account, and finds everything that is wrong."""

from __future__ import annotations

from pathlib import Path

from domain.accounts.declared import AccountFacts, field_at, settings_of
from domain.accounts.entered import collected, shown
from providers.aws.account import _KEYS
from providers.aws.pages.account_settings import SECTIONS
from providers.aws.pages.checking import check_settings

DOCS = Path(__file__).parents[4] / "docs" / "aws.md"
ALL = {
    "vpc": "vpc-01234567",
    "subnets": {"us-east-1a": "subnet-0123456789abcdef0"},
    "security_groups": ["sg-01234567"],
    "allowed_cidrs": ["10.0.0.0/8", "fd00::/8"],
    "head_profile": "heads",
    "worker_profile": "arn:aws:iam::123456789012:instance-profile/team/workers",
    "images": {
        "cpu": {"owner": "self", "name": "ray-*"},
        "gpu": {"id": "ami-01234567"},
        "arm64": {"ssm": "/a/b"},
    },
    "root_disk": {
        "size_gib": 200,
        "type": "gp3",
        "iops": 3000,
        "throughput": 250,
        "encrypted": True,
        "kms_key": "alias/ebs",
    },
    "tags": {"team": "search", "cost.center": ""},
    "key_name": "ops",
    "public_ip": False,
    "mobula_url": "https://mobula.example.org",
    "node_lifetime_days": 30,
    "interruption_queue": "https://sqs.us-east-1.amazonaws.com/123456789012/mobula",
    "endpoint": "http://127.0.0.1:5000",
}


def wrong_in(**settings: object) -> list[tuple[str, str]]:
    return list(check_settings(AccountFacts(region="us-east-1", settings=settings)))


def test_every_setting_has_a_field_and_its_documentation() -> None:
    assert {one.key.partition(".")[0] for one in settings_of(SECTIONS)} == set(_KEYS) == set(ALL)
    text = DOCS.read_text()
    assert [key for key in _KEYS if f"`{key}`" not in text] == []


def test_all_of_them_come_back_from_the_form() -> None:
    assert wrong_in(**ALL) == []
    entered = shown(SECTIONS, ALL)
    assert entered.others == ""
    assert collected(SECTIONS, entered).values == ALL


def test_everything_that_is_wrong_is_found_each_at_its_field() -> None:
    found = wrong_in(
        vpc="vpc-xyz",
        subnets={"eu-west-1a": "subnet-01234567", "us-east-1a": "x"},
        security_groups=["sg-01234567", "default"],
        images={"cpu": {"id": "debian"}, "gpu": {"owner": "self"}},
        tags={"aws:a.b": "x", "fine": "y"},
        root_disk={"size_gib": 0, "iops": 3000, "throughput": 1},
        public_ip=True,
    )
    assert [path for path, _ in found] == [
        "vpc",
        "subnets.eu-west-1a",
        "subnets.us-east-1a",
        "security_groups.1",
        "images.cpu.id",
        "images.gpu",
        "root_disk.size_gib",
        "root_disk.throughput",
        "tags.aws:a.b",
    ]
    assert all(field_at(SECTIONS, path) for path, _ in found)
    assert all(f"'{path}'" in words for path, words in found)


def test_a_setting_that_is_unknown_has_no_field() -> None:
    ((path, words),) = wrong_in(subnet="x")
    assert (path, field_at(SECTIONS, path)) == ("subnet", "")
    assert "Unknown setting 'subnet' of the cloud" in words


def test_a_region_that_is_wrong_ends_the_search() -> None:
    found = list(check_settings(AccountFacts(region="nowhere", settings={"vpc": "vpc-xyz"})))
    assert [path for path, _ in found] == ["region"]
