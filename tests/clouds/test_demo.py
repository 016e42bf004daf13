"""The demo AWS among the clouds: added once, never refreshed or changed, never for all teams."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid, NotAllowed, WrongState
from accounts.models import AuditEntry, Team, User
from clouds.access import why_not_launchable
from clouds.credentials import credentials_of
from clouds.demo_home import DemoHome, NotRunning
from clouds.models import CatalogueRefresh, Cloud
from clouds.services import add_demo_cloud, change_cloud, request_refresh, share_cloud

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> DemoHome:
    monkeypatch.setattr("django.conf.settings.MOBULA_HOME", str(tmp_path))
    return DemoHome(tmp_path)


@pytest.fixture
def demo(home: DemoHome, research: Team, adam: User, commits: None) -> Cloud:
    return add_demo_cloud(teams=[research], by=adam)


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for the end of a transaction is done at once."""
    monkeypatch.setattr("clouds.services.clouds.transaction.on_commit", lambda done: done())


def test_it_asks_the_account_of_this_installation(demo: Cloud, home: DemoHome) -> None:
    assert home.is_wanted
    assert demo.settings == {"endpoint": home.url}
    assert credentials_of(demo)["secret_access_key"] == "demo"
    assert why_not_launchable(demo) == ""
    assert AuditEntry.objects.filter(action="cloud.added", subject_id=demo.pk).exists()


def test_deleted_it_ends_and_can_be_added_again(
    demo: Cloud, home: DemoHome, research: Team, adam: User
) -> None:
    client = Client()
    client.force_login(adam)
    address = reverse("clouds:delete", args=[demo.pk])
    assert "The demo AWS stops" in client.get(address).content.decode()
    assert home.is_wanted
    page = client.post(address, follow=True).content.decode()
    assert "Deleted cloud demo-aws" in page
    assert "Add a demo AWS" in page
    assert not home.is_wanted
    again = add_demo_cloud(teams=[research], by=adam)
    assert home.is_wanted
    assert again.pk != demo.pk
    assert again.settings == demo.settings


def test_its_port_stays(home: DemoHome) -> None:
    assert home.port() == home.port() == DemoHome(home.path.parent).port()


def test_a_demo_that_does_not_run_says_how_to_start_it(home: DemoHome) -> None:
    with pytest.raises(NotRunning, match="mobula demo-cloud aws"):
        home.ask()


def test_there_is_one(demo: Cloud, research: Team, adam: User) -> None:
    with pytest.raises(WrongState, match="already"):
        add_demo_cloud(teams=[research], by=adam)


def test_only_admins_of_the_installation_add_it(home: DemoHome, alice: User) -> None:
    with pytest.raises(NotAllowed):
        add_demo_cloud(by=alice)
    assert not home.is_wanted


def test_it_is_never_for_all_teams(demo: Cloud, adam: User) -> None:
    with pytest.raises(Invalid, match="runs on this machine"):
        share_cloud(demo, teams=[], is_shared=True, by=adam)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cloud.objects.filter(pk=demo.pk).update(is_shared=True)


def test_it_is_not_changed_and_not_refreshed(demo: Cloud, adam: User) -> None:
    with pytest.raises(WrongState, match="cannot be changed"):
        change_cloud(demo, name="other", provider="aws", region="us-east-1", by=adam)
    with pytest.raises(WrongState, match="come with Mobula"):
        request_refresh(demo, by=adam)
    assert not CatalogueRefresh.objects.exists()


def test_the_page_offers_it_once_and_says_what_it_is(
    home: DemoHome, adam: User, alice: User
) -> None:
    client, other = Client(), Client()
    client.force_login(adam)
    other.force_login(alice)
    address = reverse("clouds:list")
    assert "Add a demo AWS" in client.get(address).content.decode()
    assert "Add a demo AWS" not in other.get(address).content.decode()
    page = client.post(reverse("clouds:demo"), follow=True).content.decode()
    assert "Added cloud demo-aws" in page
    assert "nothing is charged" in page
    assert "Add a demo AWS" not in page
