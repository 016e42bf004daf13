"""Clouds: everybody sees theirs, admins of the installation add and change them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from accounts.models import AuditEntry, Team, User
from clouds.catalogue import price_in, prices_in, types_in
from clouds.drivers import account_of, driver_for
from clouds.models import Cloud
from clouds.services import change_cloud
from configurations.targets import target_for
from domain.offerings import Market
from metering.bootstrap import bootstrap as rate_cards
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db

POSTED = {"name": "prod", "provider": "aws", "region": "us-west-2", "shapes": ""}


@pytest.fixture
def cloud(research: Team) -> Cloud:
    """An AWS cloud of the team research."""
    return make_cloud("aws", provider="aws", region="us-east-1", team=research)


@pytest.fixture
def request_as(cloud: Cloud) -> Callable[..., Any]:
    """Ask for a page of the clouds, or post to it, as somebody."""

    def requested(user: User, name: str, *args: object, post: dict[str, Any] | None = None) -> Any:
        client = Client()
        client.force_login(user)
        address = reverse(f"clouds:{name}", args=args)
        return client.get(address) if post is None else client.post(address, post)

    return requested


def test_every_address_is_tested_here() -> None:
    resolver = next(r for r in get_resolver().url_patterns if "clouds" in str(r))
    assert {pattern.name for pattern in resolver.url_patterns} == {
        "list",
        "new",
        "demo",
        "edit",
        "settings",
        "credentials",
        "remove-credentials",
        "permissions",
        "teams",
        "checks",
        "check",
        "history",
        "delete",
        "refresh",
    }


def test_members_see_their_clouds_and_strangers_do_not(
    request_as: Callable[..., Any], bob: User, charlie: User
) -> None:
    assert "us-east-1" in request_as(bob, "list").content.decode()
    assert "us-east-1" not in request_as(charlie, "list").content.decode()


def test_clouds_sort_have_a_csv_and_answer_any_address(
    cloud: Cloud, research: Team, bob: User
) -> None:
    make_cloud("zeta", provider="aws", region="eu-west-1", team=research)
    client = Client()
    client.force_login(bob)
    for sort, first in (("-name", "zeta"), ("region", "zeta"), ("x", "aws"), ("-types", "aws")):
        answer = client.get(reverse("clouds:list"), {"sort": sort, "after": "x:y"})
        assert answer.context["table"].rows[0].cloud.name == first, sort
    lines = client.get(reverse("clouds:list"), {"format": "csv", "sort": "-name"}).text.splitlines()
    assert [line.split(",")[0] for line in lines] == ["name", "zeta", "aws"]


@pytest.mark.parametrize("name", ["new", "edit"])
def test_only_admins_of_the_installation_change_clouds(
    request_as: Callable[..., Any], alice: User, cloud: Cloud, name: str
) -> None:
    where = [cloud.pk] if name == "edit" else []
    assert request_as(alice, name, *where).status_code == 403
    assert request_as(alice, name, *where, post=POSTED).status_code == 403
    assert Cloud.objects.get().name == "aws"


def test_cloud_is_added_and_the_trail_says_so(request_as: Callable[..., Any], adam: User) -> None:
    assert request_as(adam, "new", post=POSTED).status_code == 302
    assert Cloud.objects.get(name="prod").region == "us-west-2"
    entry = AuditEntry.objects.get(action="cloud.added")
    assert entry.after["region"] == "us-west-2"


def test_cloud_is_changed_and_the_trail_says_what_it_was(
    request_as: Callable[..., Any], adam: User, cloud: Cloud
) -> None:
    assert request_as(adam, "edit", cloud.pk, post=POSTED).status_code == 302
    entry = AuditEntry.objects.get(action="cloud.changed")
    assert (entry.before["region"], entry.after["region"]) == ("us-east-1", "us-west-2")


def test_changed_cloud_is_another_version_of_its_account(
    request_as: Callable[..., Any], adam: User, cloud: Cloud
) -> None:
    before = account_of(cloud)
    request_as(adam, "edit", cloud.pk, post=POSTED)
    after = account_of(Cloud.objects.get(pk=cloud.pk))
    assert (after.id, after.version, after.region) == (before.id, before.version + 1, "us-west-2")
    assert after != before


def test_each_cloud_has_its_driver_until_it_is_changed(
    adam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clouds.services.clouds.OFFERED", {"fake"})
    monkeypatch.setattr("clouds.services.clouds.require_own", lambda _: None)
    one, two = (make_cloud(name, provider="fake") for name in ("one", "two"))
    driver = driver_for(one)
    assert driver_for(two) is not driver
    assert driver_for(Cloud.objects.get(name="one")) is driver
    change_cloud(one, name="one", provider="fake", region="elsewhere", by=adam)
    one.refresh_from_db()
    assert driver_for(one) is driver_for(Cloud.objects.get(name="one"))
    assert driver_for(one) is not driver


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"region": "us-west-9"}, "Unknown AWS region. Use one of"),
        ({"name": "aws"}, "already exists"),
        ({"provider": "azure"}, "azure is not one of the available choices"),
        ({"provider": "kubernetes", "shapes": "8CPU"}, "&#x27;8CPU&#x27; is not a pod shape"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_saved(
    request_as: Callable[..., Any], adam: User, change: dict[str, str], words: str
) -> None:
    answer = request_as(adam, "new", post={**POSTED, **change})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Cloud.objects.count() == 1


def test_kubernetes_has_the_usual_shapes_priced_by_rate_card(
    request_as: Callable[..., Any], adam: User
) -> None:
    rate_cards()
    posted = {**POSTED, "name": "k8s", "provider": "kubernetes", "region": "cluster-1"}
    request_as(adam, "new", post=posted)
    cloud = Cloud.objects.get(name="k8s")
    target = target_for(cloud)
    assert target.types is not None
    assert "8CPU-32GB-1xT4" in target.types
    assert target.prices["2CPU-8GB", Market.ON_DEMAND] > 0


def test_cloud_offers_what_its_region_sells(cloud: Cloud) -> None:
    types = types_in(cloud)
    assert types is not None
    assert "g5.2xlarge" in types
    assert price_in(cloud, "g5.2xlarge", market=Market.ON_DEMAND) is not None
    assert price_in(cloud, "g5.2xlarge", market=Market.SPOT) is not None
    assert all(price > 0 for price in prices_in(cloud).values())


def test_page_asks_the_database_no_more_for_many_clouds(
    request_as: Callable[..., Any], bob: User
) -> None:
    with CaptureQueriesContext(connection) as few:
        request_as(bob, "list")
    for number in range(20):
        make_cloud(f"c{number}", provider="gcp", region="us-central1")
    with CaptureQueriesContext(connection) as many:
        request_as(bob, "list")
    assert len(many) == len(few)
