"""Who can use which cloud, chosen in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.cast import make_cloud, make_team

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
type Visitor = Callable[..., Visit]


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_the_teams_of_the_local_cloud_are_chosen(
    visit: Visitor, adam: User, tmp_path: Path, width: int, theme: str
) -> None:
    research = make_team("research")
    local = make_cloud("local", provider="local", team=research)
    make_team("vision")
    visitor = visit(adam, width=width, theme=theme)
    page = visitor.open(f"/clouds/{local.pk}/teams/")
    assert visitor.barriers() == []
    page.screenshot(path=tmp_path / "teams.png")
    assert page.get_by_label("Research").is_checked()
    page.get_by_label("Vision").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved the teams of cloud local.").wait_for()
    assert {team.name for team in local.teams.all()} == {"Research", "Vision"}
    assert visitor.barriers() == []
    page.screenshot(path=tmp_path / "clouds.png")
    assert visitor.complaints() == []


def test_credentials_are_saved_kept_and_removed(visit: Visitor, adam: User, tmp_path: Path) -> None:
    cloud = make_cloud("aws", provider="aws", region="us-east-1")
    visitor = visit(adam)
    page = visitor.open(f"/clouds/{cloud.pk}/credentials/")
    page.get_by_label("Access key ID").fill("AKIAIOSFODNN7EXAMPLE")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Enter the secret access key of this access key ID.").last.wait_for()
    page.get_by_label("Secret access key").fill("canary-of-the-browser")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved the credentials of cloud aws.").wait_for()
    assert page.get_by_label("Secret access key").input_value() == ""
    page.get_by_text("A value is saved.").wait_for()
    assert "canary-of-the-browser" not in page.content()
    page.screenshot(path=tmp_path / "credentials.png", full_page=True)
    assert visitor.barriers_in_each_view() == []
    visitor.switch("dark")
    page.screenshot(path=tmp_path / "credentials-dark-narrow.png", full_page=True)
    visitor.switch("light")
    page.get_by_role("button", name="Remove credentials").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_text("Removed the credentials of cloud aws.").wait_for()
    assert [words for words in visitor.complaints() if "422" not in words] == []


@pytest.mark.parametrize("scripts", [True, False])
def test_settings_are_entered_row_by_row(
    visit: Visitor, adam: User, tmp_path: Path, scripts: bool
) -> None:
    cloud = make_cloud("aws", provider="aws", region="us-east-1")
    visitor = visit(adam, scripts=scripts)
    page = visitor.open(f"/clouds/{cloud.pk}/settings/")
    page.get_by_label("VPC ID").fill("vpc-xyz")
    page.get_by_label("Availability Zone of subnet 1").fill("us-east-1a")
    page.get_by_label("Subnet ID of subnet 1").fill("subnet-0123456789abcdef0")
    page.get_by_role("button", name="Add subnet").click()
    second = page.get_by_label("Availability Zone of subnet 2")
    second.wait_for()
    if scripts:
        expect(second).to_be_focused()
    second.fill("us-east-1b")
    page.get_by_role("button", name="Remove subnet 1").click()
    expect(second).to_have_count(0)
    expect(page.get_by_label("Availability Zone of subnet 1")).to_have_value("us-east-1b")
    expect(page.get_by_label("VPC ID")).to_have_value("vpc-xyz")
    page.get_by_label("Subnet ID of subnet 1").fill("subnet-0fedcba9876543210")
    images = page.get_by_role("group", name="x86 machines with GPUs")
    expect(images.get_by_label("SSM parameter").last).to_be_hidden()
    images.get_by_role("radio", name="AMI ID").check()
    images.get_by_role("textbox", name="AMI ID").fill("ami-0123456789abcdef0")
    page.get_by_role("button", name="Save").last.click()
    page.get_by_text("is not an ID of AWS: 'vpc-xyz'").wait_for()
    if scripts:
        page.screenshot(path=tmp_path / "refused.png", full_page=True)
        assert visitor.barriers() == []
    page.get_by_label("VPC ID").fill("vpc-01234567")
    page.get_by_role("button", name="Save").last.click()
    page.get_by_text("Saved the settings of cloud aws.").wait_for()
    cloud.refresh_from_db()
    assert cloud.settings == {
        "vpc": "vpc-01234567",
        "subnets": {"us-east-1b": "subnet-0fedcba9876543210"},
        "images": {"gpu": {"id": "ami-0123456789abcdef0"}},
    }


def test_pages_of_an_account_have_no_barriers(visit: Visitor, adam: User, tmp_path: Path) -> None:
    cloud = make_cloud("aws", provider="aws", region="us-east-1")
    visitor = visit(adam)
    for name in ("settings", "permissions", "delete"):
        page = visitor.open(f"/clouds/{cloud.pk}/{name}/")
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert visitor.barriers_in_each_view() == [], name
        visitor.switch("dark")
        page.screenshot(path=tmp_path / f"{name}-dark-narrow.png", full_page=True)
        visitor.switch("light")
        page.set_viewport_size({"width": 1440, "height": 900})
    assert visitor.complaints() == []


def test_answers_of_checks_stream_into_the_page(visit: Visitor, adam: User, tmp_path: Path) -> None:
    from django.utils.timezone import now

    from clouds.models import CloudCheck

    cloud = make_cloud("aws", provider="aws", region="us-east-1")
    titles = ("Credentials", "Permissions", "Dry run of group head", "Address of Mobula")
    outcomes = ("pass", "warn", "fail", "skipped")
    planned = [{"id": title, "title": title} for title in titles]
    answers = [
        {
            **row,
            "outcome": outcome,
            "sentence": f"{row['title']} has an answer.",
            "way_out": "" if outcome == "pass" else "Do this about it.",
            "raw": '{"Arn": "' + "x" * 200 + '"}',
            "milliseconds": 840,
            "is_certain": outcome == "fail",
        }
        for row, outcome in zip(planned, outcomes, strict=True)
    ]
    check = CloudCheck.objects.create(
        cloud=cloud, wanted={}, digest="d", asked_by=adam, started_at=now(), planned=planned,
        results=answers[:1],
    )  # fmt: skip
    visitor = visit(adam)
    page = visitor.open(f"/clouds/{cloud.pk}/checks/")
    page.get_by_text("Credentials has an answer.").wait_for()
    assert page.get_by_role("button", name="Check again").is_disabled()
    assert visitor.barriers() == []
    page.get_by_text("Raw answer").first.click()
    CloudCheck.objects.filter(pk=check.pk).update(results=answers[:3])
    page.get_by_text("Blocks a launch").wait_for()
    assert page.locator("details[open]").count() == 1  # what was opened stays so
    CloudCheck.objects.filter(pk=check.pk).update(results=answers, finished_at=now())
    page.get_by_text("Address of Mobula has an answer.").wait_for()
    page.get_by_role("button", name="Check again").and_(page.locator(":enabled")).wait_for()
    page.screenshot(path=tmp_path / "checks.png", full_page=True)
    assert visitor.barriers_in_each_view() == []
    visitor.switch("dark")
    page.screenshot(path=tmp_path / "checks-dark-narrow.png", full_page=True)
    assert visitor.complaints() == []
