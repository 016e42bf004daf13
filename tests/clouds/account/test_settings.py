"""The settings of a cloud's account: typed, checked, kept whole, and changed with a trace."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.errors import Invalid, WrongState
from accounts.models import AuditEntry, Team, User
from clouds.drivers import account_of
from clouds.models import Cloud
from clouds.services import change_cloud, change_settings
from providers.aws.account import read_account
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db

SUBNET, OTHER_SUBNET = "subnet-0123456789abcdef0", "subnet-0fedcba9876543210"
POSTED: dict[str, Any] = {
    "vpc": "vpc-01234567",
    "subnets-key": ["us-east-1a", "us-east-1b", ""],
    "subnets-value": [SUBNET, OTHER_SUBNET, ""],
    "security_groups": "sg-01234567\nsg-89abcdef",
    "allowed_cidrs": "10.0.0.0/8",
    "public_ip": "no",
    "mobula_url": "https://mobula.example.org",
    "head_profile": "heads",
    "images.cpu": "newest",
    "images.cpu.id": "ami-01234567",  # of a way that is not chosen
    "images.cpu.owner": "self",
    "images.cpu.name": "ray-*",
    "images.gpu": "default",
    "root_disk.size_gib": "200",
    "root_disk.type": "gp3",
    "root_disk.encrypted": "yes",
    "tags-key": ["team"],
    "tags-value": ["search"],
}
SAVED = {
    "vpc": "vpc-01234567",
    "subnets": {"us-east-1a": SUBNET, "us-east-1b": OTHER_SUBNET},
    "security_groups": ["sg-01234567", "sg-89abcdef"],
    "allowed_cidrs": ["10.0.0.0/8"],
    "public_ip": False,
    "mobula_url": "https://mobula.example.org",
    "head_profile": "heads",
    "images": {"cpu": {"owner": "self", "name": "ray-*"}},
    "root_disk": {"size_gib": 200, "type": "gp3", "encrypted": True},
    "tags": {"team": "search"},
}


@pytest.fixture
def cloud(adam: User) -> Cloud:
    return make_cloud("aws", provider="aws", region="us-east-1")


@pytest.fixture
def page(cloud: Cloud, adam: User, client: Client) -> str:
    client.force_login(adam)
    return f"/clouds/{cloud.pk}/settings/"


def test_what_is_entered_is_what_the_driver_is_opened_with(
    cloud: Cloud, page: str, client: Client
) -> None:
    version = cloud.settings_version
    assert client.post(page, POSTED).status_code == 302
    cloud.refresh_from_db()
    assert cloud.settings == SAVED
    assert cloud.settings_version == version + 1
    account = read_account(account_of(cloud))
    assert account.subnets["us-east-1b"] == OTHER_SUBNET
    assert account.image("cpu").name == "ray-*"


def test_the_page_shows_what_is_saved(cloud: Cloud, page: str, client: Client) -> None:
    client.post(page, POSTED)
    answer = client.get(page)
    text = answer.content.decode()
    for words in (SUBNET, "us-east-1b", "sg-01234567\nsg-89abcdef", 'value="200"', "ray-*"):
        assert words in text
    assert 'value="newest" checked' in text
    assert 'name="images.gpu" value="default" checked' in text
    assert "Other settings" not in text
    # Saved as it is shown, it stays as it is: nobody has to read it in the history.
    assert client.post(page, POSTED).status_code == 302
    assert AuditEntry.objects.filter(action="cloud.settings_changed").count() == 1


def test_the_history_has_what_changed_and_no_more(cloud: Cloud, adam: User, client: Client) -> None:
    change_settings(cloud, values=SAVED, by=adam)
    change_settings(cloud, values={**SAVED, "vpc": "vpc-89abcdef"}, by=adam)
    entry = AuditEntry.objects.filter(action="cloud.settings_changed").latest("pk")
    assert (entry.before, entry.after) == ({"vpc": "vpc-01234567"}, {"vpc": "vpc-89abcdef"})
    client.force_login(adam)
    text = client.get(f"/clouds/{cloud.pk}/history/").content.decode()
    assert "vpc-01234567" in text
    assert "vpc-89abcdef" in text


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"vpc": "vpc-xyz"}, "vpc", "is not an ID of AWS: &#x27;vpc-xyz&#x27;"),
        (
            {"subnets-key": ["eu-west-1a", "us-east-1b", ""]},
            "subnets",
            "is not a zone of us-east-1",
        ),
        ({"subnets-key": [""]}, "subnets", "has no Availability Zone"),
        ({"subnets-value": ["", ""]}, "subnets", "has no Subnet ID"),
        ({"security_groups": "default"}, "security_groups", "is not an ID of AWS"),
        ({"allowed_cidrs": "everywhere"}, "allowed_cidrs", "has no valid CIDR"),
        ({"images.gpu": "id"}, "images.gpu.id", "AMI ID is empty. Enter one."),
        ({"root_disk.size_gib": "big"}, "root_disk.size_gib", "is not a whole number"),
        ({"root_disk.size_gib": "0"}, "root_disk.size_gib", "must be a whole number of 1"),
        ({"tags-key": ["aws:x"]}, "tags", "starts with a reserved prefix"),
        ({"mobula_url": "http://mobula.example.org"}, "mobula_url", "must begin with https"),
        ({"mobula_url": "https://127.0.0.1:8000"}, "mobula_url", "is the node itself"),
        ({"endpoint": "localhost"}, "endpoint", "is not a URL"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    cloud: Cloud, page: str, client: Client, change: dict[str, Any], field: str, words: str
) -> None:
    answer = client.post(page, POSTED | change)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in text
    for values in (POSTED | change).values():
        for value in values if isinstance(values, list) else [values]:
            assert value in text
    cloud.refresh_from_db()
    assert cloud.settings == {}
    assert cloud.settings_version == 1


def test_all_that_is_wrong_is_said_together(page: str, client: Client) -> None:
    wrong = {"vpc": "x", "head_profile": "a b", "root_disk.iops": "1"}
    answer = client.post(page, POSTED | wrong)
    assert set(answer.context["form"].errors) == set(wrong)


def test_what_is_no_choice_is_refused(page: str, client: Client) -> None:
    wrong = {"root_disk.type": "floppy", "public_ip": "perhaps", "images.arm64": "tape"}
    answer = client.post(page, POSTED | wrong)
    assert set(answer.context["form"].errors) == set(wrong)


def test_settings_without_a_field_are_shown_and_kept(
    cloud: Cloud, page: str, client: Client
) -> None:
    Cloud.objects.update(settings={"later": {"a": [1]}, "vpc": 5})
    text = client.get(page).content.decode()
    assert "Other settings" in text
    assert "&quot;later&quot;" in text
    answer = client.post(page, {"key_name": "ops", "other_settings": '{"later": {"a": [1]}}'})
    assert answer.status_code == 422  # this version's driver would refuse it
    assert list(answer.context["form"].errors) == ["other_settings"]
    assert "Unknown setting &#x27;later&#x27;" in answer.content.decode()
    assert client.post(page, {"key_name": "ops", "other_settings": ""}).status_code == 302
    cloud.refresh_from_db()
    assert cloud.settings == {"key_name": "ops"}


@pytest.mark.parametrize("htmx", [False, True])
def test_rows_are_added_and_removed_without_saving(
    cloud: Cloud, page: str, client: Client, htmx: bool
) -> None:
    headers = {"HX-Request": "true"} if htmx else {}
    added = client.post(page, POSTED | {"do": "add:subnets"}, headers=headers)
    text = added.content.decode()
    assert added.status_code == 200
    assert text.count('name="subnets-key"') == 4
    assert SUBNET in text
    assert ("<title>" in text) is not htmx
    assert ("sg-89abcdef" in text) is not htmx  # htmx leaves the other fields alone
    removed = client.post(page, POSTED | {"do": "remove:subnets:1"}, headers=headers)
    text = removed.content.decode()
    assert text.count('name="subnets-key"') == 2
    assert SUBNET not in text
    assert OTHER_SUBNET in text
    cloud.refresh_from_db()
    assert cloud.settings == {}


@pytest.mark.parametrize(
    "do", ["", "add", "add:", "add:vpc", "remove:tags", "remove:tags:x", "x:y:z"]
)
def test_any_other_button_changes_no_row(page: str, client: Client, do: str) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.post(page, POSTED | {"do": do}, headers=headers)
        assert answer.status_code == 200
        assert "search" in answer.content.decode()


def test_another_region_must_fit_the_subnets(cloud: Cloud, adam: User) -> None:
    changed = change_settings(cloud, values=SAVED, by=adam)
    with pytest.raises(Invalid) as refusal:
        change_cloud(changed, name="aws", provider="aws", region="us-west-2", by=adam)
    assert {error.field for error in refusal.value.errors} == {"region"}
    assert "'subnets.us-east-1a' is not a zone of us-west-2" in str(refusal.value)
    renamed = change_cloud(changed, name="prod", provider="aws", region="us-east-1", by=adam)
    assert renamed.settings == SAVED


def test_another_provider_does_not_get_them(cloud: Cloud, adam: User, client: Client) -> None:
    change_settings(cloud, values=SAVED, by=adam)
    changed = change_cloud(cloud, name="k8s", provider="kubernetes", region="one", by=adam)
    assert changed.settings == {}
    with pytest.raises(WrongState, match="have no settings"):
        change_settings(cloud, values=SAVED, by=adam)
    client.force_login(adam)
    assert client.get(f"/clouds/{cloud.pk}/settings/").status_code == 404


def test_the_page_asks_the_database_no_more_for_many_rows(
    cloud: Cloud, page: str, client: Client
) -> None:
    with CaptureQueriesContext(connection) as few:
        client.get(page)
    Cloud.objects.update(settings={"tags": {f"tag{number}": "x" for number in range(40)}})
    with CaptureQueriesContext(connection) as many:
        assert client.get(page).status_code == 200
    assert len(many) == len(few)


def test_a_demo_has_no_settings_page(research: Team, adam: User, client: Client) -> None:
    demo = make_cloud("demo", provider="aws", region="us-east-1", is_demo=True, team=research)
    client.force_login(adam)
    for name in ("settings", "credentials", ""):
        assert client.get(f"/clouds/{demo.pk}/{name}{'/' if name else ''}").status_code == 404
    assert "/settings/" not in client.get(f"/clouds/{demo.pk}/teams/").content.decode()
    with pytest.raises(WrongState, match="came with Mobula"):
        change_settings(demo, values={}, by=adam)
