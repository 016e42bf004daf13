"""The page of an environment's settings: admins save and restore them, all others read them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Team, User
from configurations.models import Version
from domain.configuration.spec import MarketType
from domain.promotions.overlay import Overlay
from promotions.models import ChangeRequest, Environment, EnvironmentSettings
from tests.cast import make_cloud, make_member
from tests.promotions.steps import carry_on

pytestmark = pytest.mark.django_db
type Browsers = Callable[[User], Client]
PAGE = "/environments/prod/settings/"


@pytest.fixture
def lead(research: Team) -> User:
    """The team's admin."""
    return make_member("lead", team=research, role="admin")


def test_a_page_without_settings_writes_nothing_and_says_so(as_user: Browsers, bob: User) -> None:
    page = as_user(bob).get(PAGE).text
    assert "You can view these settings. You need the Admin role in Research." in page
    assert "Nothing is set: versions run as they are." in page
    assert "No settings were saved yet." in page
    assert as_user(bob).get("/environments/moon/settings/").status_code == 404
    assert not Environment.objects.exists()


def test_an_admin_saves_them_and_all_read_what_was_changed_and_why(
    as_user: Browsers, lead: User, bob: User, research: Team
) -> None:
    make_cloud("east", provider="fake", region="east-1", team=research)
    browser = as_user(lead)
    given = {
        "cloud": "east",
        "market": "ON_DEMAND",
        "max_nodes": "10",
        "max_gpus": "0",
        "max_usd_per_hour": "12.50",
        "labels": "cost-center=1200\nstage = prod",
        "reason": "The budget of 2027.",
    }
    assert "east · " in browser.get(PAGE).text
    assert browser.post(PAGE, given).headers["Location"] == PAGE
    assert EnvironmentSettings.objects.get().overlay == Overlay.of(
        {
            "cloud": "east",
            "market": MarketType.ON_DEMAND,
            "max_nodes": 10,
            "max_gpus": 0,
            "max_usd_per_hour": "12.5",
            "labels": {"cost-center": "1200", "stage": "prod"},
        }
    )
    browser.post(PAGE, {**given, "max_nodes": "20", "reason": "More work."})
    page = as_user(bob).get(PAGE).text
    for words in (
        "Clusters run on east.",
        "At most 20 worker nodes.",
        "At most 0 GPUs.",
        "At most $12.50 an hour.",
        "Workers: on-demand only.",
        "Labels: cost-center=1200, stage=prod.",
        "The budget of 2027.",
        "Max worker nodes: 10 → 20",
        "Max $/h: not set → $12.50",
    ):
        assert words in page
    assert "Restore settings 1" not in page
    assert "At most 20 worker nodes." in as_user(bob).get("/environments/prod/").text


def test_earlier_settings_are_restored_with_a_reason(as_user: Browsers, lead: User) -> None:
    browser = as_user(lead)
    for nodes in ("10", "20"):
        browser.post(PAGE, {"max_nodes": nodes, "reason": "Work."})
    assert "Restore settings 1" in browser.get(PAGE).text
    refused = browser.post(f"{PAGE}1/restore/", {"reason": ""}, follow=True).text
    assert "Reason: This field is required." in refused
    page = browser.post(f"{PAGE}1/restore/", {"reason": "Too many."}, follow=True).text
    assert "Saved settings 3 of prod, which say what settings 1 said." in page
    newest = EnvironmentSettings.objects.latest("number")
    assert (newest.overlay, newest.reason) == (Overlay(max_nodes=10), "Too many.")
    assert browser.post(f"{PAGE}9/restore/", {"reason": "Gone."}).status_code == 404


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"max_nodes": "10"}, "This field is required."),
        ({"max_nodes": "0", "reason": "x"}, "greater than or equal to 1"),
        ({"max_nodes": "many", "reason": "x"}, "Enter a whole number."),
        ({"cloud": "moon", "reason": "x"}, "moon is not one of the available choices"),
        ({"market": "CHEAP", "reason": "x"}, "CHEAP is not one of the available choices"),
        ({"labels": "stage", "reason": "x"}, "“stage” is no label. Write name=value."),
        ({"labels": "a=1\na=2", "reason": "x"}, "The label “a” is there twice."),
        ({"labels": "a b=1", "reason": "x"}, "is not a valid Ray label"),
        ({"reason": "x"}, "prod already has these settings. Change one to save."),
    ],
)
def test_what_is_wrong_is_shown_at_its_field(
    as_user: Browsers, lead: User, given: dict[str, str], words: str
) -> None:
    answer = as_user(lead).post(PAGE, given)
    assert answer.status_code == 422
    assert words in answer.text
    assert not EnvironmentSettings.objects.exists()


def test_a_review_shows_what_they_make_of_the_version(
    as_user: Browsers,
    lead: User,
    bob: User,
    request_in_prod: ChangeRequest,
) -> None:
    as_user(lead).post(PAGE, {"max_nodes": "2", "reason": "Work."})
    request = carry_on(request_in_prod)
    page = as_user(bob).get(f"/changes/{request.pk}/").text
    assert "Settings 1 of prod." in page
    assert "Group cpu: Maximum nodes: 4 → 2" in page
    assert "the settings of the environment" in page


def test_the_launch_page_shows_them_with_the_price_that_they_leave(
    as_user: Browsers, lead: User, alice: User, version: Version
) -> None:
    as_user(lead).post(
        "/environments/dev/settings/", {"max_nodes": "2", "reason": "A small budget."}
    )
    launch = f"/clusters/launch/?version={version.pk}"
    assert "Settings 1 of dev" not in as_user(alice).get(launch).text
    page = as_user(alice).get(f"{launch}&environment=dev").text
    assert "Settings 1 of dev" in page
    assert "Group cpu: Maximum nodes: 4 → 2" in page
