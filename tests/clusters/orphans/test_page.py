"""The page of orphaned resources, and the question before some are removed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import User
from clouds.models import Cloud
from clusters.models import Orphan, OrphanSearch
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db


@pytest.fixture
def adams(client: Client, adam: User) -> Client:
    client.force_login(adam)
    return client


@pytest.fixture
def put() -> Callable[..., Orphan]:
    """Put an orphan into the database."""
    cloud = make_cloud("aws-prod", provider="aws", region="us-east-1")

    def row(number: int, **more: Any) -> Orphan:
        values = {
            "cloud": cloud, "region": "us-east-1", "kind": "instance",
            "resource_id": f"i-{number:08x}", "name": f"c0000001-{number}", "handle": "c0000001",
            "provider_state": "running", "created_at": now() - timedelta(hours=30),
            "seen_at": now(), "orphan_from": now(), "daily_microusd": 2_400_000,
            "described": "m5.large On-demand", "zone": "us-east-1a",
        }  # fmt: skip
        return Orphan.objects.create(**values | more)

    return row


LIST = "/clouds/orphaned/"


def test_the_page_says_what_each_is_and_costs(adams: Client, put: Callable[..., Orphan]) -> None:
    put(1)
    put(2, kind="volume", resource_id="vol-1", daily_microusd=None, described="50 GiB gp3")
    put(3, resource_id="i-new", orphan_from=now() + timedelta(minutes=9))
    text = adams.get(LIST).text
    for words in ("aws-prod", "us-east-1", "i-00000001", "c0000001-1", "running", "$2.40",
                  "vol-1", "50 GiB gp3", "unknown", "not in this database", "1 d 6 h",
                  "2 orphaned resources, $2.40 per day, 1 without a known price"):  # fmt: skip
        assert words in text, words
    assert "i-new" not in text


def test_the_page_of_no_orphans_says_so_and_when_was_searched(
    adams: Client, put: Callable[..., Orphan]
) -> None:
    text = adams.get(LIST).text
    assert "No orphaned resources" in text
    assert "No cloud has been searched yet" in text
    OrphanSearch.objects.create(cloud=Cloud.objects.get(name="aws-prod"), at=now(), error="Away.")
    assert "search failed" in adams.get(LIST).text


def test_the_cluster_is_linked(adams: Client, cluster: Any, put: Callable[..., Orphan]) -> None:
    put(1, handle=cluster.handle)
    text = adams.get(LIST).text
    assert reverse("clusters:detail", args=[cluster.pk]) in text


def test_csv_has_every_row(adams: Client, put: Callable[..., Orphan]) -> None:
    put(1)
    put(2, daily_microusd=None)
    answer = adams.get(f"{LIST}?format=csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["id"] for line in lines] == ["i-00000001", "i-00000002"]
    assert [line["usd_per_day"] for line in lines] == ["2.400000", ""]


@pytest.mark.parametrize(
    "sort", ["resource", "-kind", "cloud", "region", "cluster", "-age", "state", "-daily"]
)
def test_every_column_sorts(adams: Client, put: Callable[..., Orphan], sort: str) -> None:
    put(1)
    put(2, daily_microusd=None, created_at=None)
    assert adams.get(f"{LIST}?sort={sort}").status_code == 200


def test_the_question_names_number_and_cost(adams: Client, put: Callable[..., Orphan]) -> None:
    ready = [put(1), put(2), put(3, daily_microusd=None)]
    going = put(4, state="removing", next_step_at=now())
    address = reverse("clusters:remove-orphans")
    text = adams.get(address, {"pk": [one.pk for one in [*ready, going]]}).text
    assert "Remove 3 resources?" in text
    assert "Together they cost $4.80 per day, and 1 of them has no known price." in text
    assert "Skipped. It is being removed already." in text
    assert text.count('name="pk"') == 3
    assert Orphan.objects.filter(state="found").count() == 3  # a GET changes nothing


def test_after_the_answer_they_are_being_removed(adams: Client, put: Callable[..., Orphan]) -> None:
    rows = [put(1), put(2)]
    address = reverse("clusters:remove-orphans")
    answer = adams.post(address, {"pk": [one.pk for one in rows]}, follow=True)
    assert "Removing 2 resources." in answer.text
    assert set(Orphan.objects.values_list("state", flat=True)) == {"removing"}
    assert ">Removing" in answer.text
    again = adams.post(address, {"pk": [one.pk for one in rows]}, follow=True)
    assert "None of the selected resources can be removed" in again.text


def test_what_was_removed_is_shown_and_no_longer_counted(
    adams: Client, put: Callable[..., Orphan]
) -> None:
    put(1, state="removed", removed_at=now())
    text = adams.get(LIST).text
    assert "Removed" in text
    assert "0 orphaned resources" in text


@pytest.mark.parametrize(
    ("keys", "status", "words"),
    [
        ([], 200, "No resources selected"),
        (["x", "-1", "²"], 200, "No resources selected"),
        (["999999"], 404, ""),
    ],
)
def test_nothing_selected_or_nothing_there(
    adams: Client, keys: list[str], status: int, words: str
) -> None:
    answer = adams.get(reverse("clusters:remove-orphans"), {"pk": keys})
    assert answer.status_code == status
    assert words in answer.text


def test_the_list_of_clouds_tells_admins(
    adams: Client, put: Callable[..., Orphan], alice: User
) -> None:
    clouds = reverse("clouds:list")
    assert "no longer needed" not in adams.get(clouds).text
    assert LIST in adams.get(clouds).text
    put(1)
    text = adams.get(clouds).text
    assert "1 resource in your clouds is no longer needed by any cluster and costs $2.40" in text
    adams.force_login(alice)
    text = adams.get(clouds).text
    assert "no longer needed" not in text
    assert LIST not in text


@pytest.mark.parametrize("address", [LIST, f"{LIST}remove/"])
def test_others_are_refused(client: Client, alice: User, address: str) -> None:
    client.force_login(alice)
    assert client.get(address).status_code == 403


def test_many_rows_cost_no_more_queries(
    adams: Client, put: Callable[..., Orphan], django_assert_max_num_queries: Any
) -> None:
    for number in range(1, 31):
        put(number)
    with django_assert_max_num_queries(15):
        adams.get(LIST)
