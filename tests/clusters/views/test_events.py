"""Events have a kind: the tab filters by it, the CSV has it, the database knows no other."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from clusters.models import Cluster, Event
from clusters.queries.clusters import events_of
from clusters.services import operating
from domain.events import EventKind
from tests.clusters.head import Head

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db

LAUNCHED, RESIZED = EventKind.CLUSTER_LAUNCHED, EventKind.CLUSTER_RESIZED


@pytest.fixture
def resized(head: Head, alice: User) -> Cluster:
    """A running cluster whose group was resized."""
    operating.resize_group(head.cluster, group="cpu", min_nodes=1, max_nodes=3, by=alice)
    return head.cluster


@pytest.fixture
def tab(resized: Cluster, alice: User) -> Callable[..., Any]:
    """The Events tab as alice sees it, with parameters of the address."""
    client = Client()
    client.force_login(alice)

    def opened(**query: str) -> Any:
        url = reverse("clusters:detail", args=[resized.pk])
        return client.get(url, {"tab": "events"} | query)

    return opened


def shown(response: Any) -> list[str]:
    return [event.kind for event in response.context["events"].rows]


def test_the_tab_shows_one_kind_or_all(tab: Callable[..., Any]) -> None:
    assert {LAUNCHED, RESIZED, EventKind.NODE_STATE_CHANGED} <= set(shown(tab()))
    assert shown(tab(kind="cluster.resized")) == [RESIZED]
    assert shown(tab(kind="node.lost")) == []
    assert "No events of this kind" in tab(kind="node.lost").text


@pytest.mark.parametrize("kind", ["", "cluster.sung", "CLUSTER_RESIZED"])
def test_an_unknown_kind_shows_all(tab: Callable[..., Any], kind: str) -> None:
    assert shown(tab(kind=kind)) == shown(tab())


def test_the_live_part_keeps_the_filter(tab: Callable[..., Any]) -> None:
    page = tab(kind="cluster.resized").text
    assert 'hx-get="?tab=events&amp;kind=cluster.resized&amp;part=live"' in page
    assert '<option value="cluster.resized" selected>Cluster resized</option>' in page
    assert shown(tab(kind="cluster.resized", part="live")) == [RESIZED]


def test_the_filter_is_one_query(resized: Cluster) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        (event,) = events_of(resized, kind=RESIZED)
        assert str(event.actor)
    assert len(queries) == 1


def test_the_csv_has_the_kind(tab: Callable[..., Any], resized: Cluster, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    text = client.get(reverse("clusters:csv", args=[resized.pk, "events"])).text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["kind"] for row in rows] == shown(tab())
    assert rows[0]["kind"] == "cluster.resized"
    assert rows[0]["message"]
    url = reverse("clusters:csv", args=[resized.pk, "events"])
    text = client.get(url, {"kind": "cluster.resized"}).text
    assert [row["kind"] for row in csv.DictReader(io.StringIO(text))] == ["cluster.resized"]


@pytest.mark.parametrize("kind", ["", "cluster.sung"])
def test_the_database_refuses_an_unknown_kind(cluster: Cluster, kind: str) -> None:
    with pytest.raises(IntegrityError, match="event_kind_known"), transaction.atomic():
        Event.objects.create(cluster=cluster, kind=kind, message="x")


def test_what_people_do_is_noted_with_its_numbers(resized: Cluster, alice: User) -> None:
    launch = resized.events.get(kind=LAUNCHED)
    assert launch.fields["version"] == str(resized.version)
    assert launch.actor == alice
    assert resized.events.get(kind=RESIZED).fields == {
        "group": "cpu", "min_nodes": 1, "max_nodes": 3,
        "before": {"min_nodes": 0, "max_nodes": 4},
    }  # fmt: skip


def test_a_pause_of_the_idle_timer_and_its_end_are_two_kinds(cluster: Cluster, alice: User) -> None:
    operating.hold_idle_timer(cluster, hours=4, by=alice)
    operating.hold_idle_timer(cluster, hours=0, by=alice)
    paused = cluster.events.get(kind=EventKind.CLUSTER_IDLE_TIMER_PAUSED)
    assert paused.fields["hours"] == 4
    assert paused.fields["until"] > (now() + timedelta(hours=1)).isoformat()
    resumed = cluster.events.get(kind=EventKind.CLUSTER_IDLE_TIMER_RESUMED)
    assert resumed.fields == {"hours": 0, "until": None}
