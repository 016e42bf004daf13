"""How many questions pages, reports and passes may ask: a number more is a choice to be made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clusters.models import Cluster, Event, Job
from clusters.views.detail import TABS
from tests.cast import make_member
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


@pytest.fixture
def count(alice: Any) -> Callable[[Callable[[], object]], int]:
    """Count the queries of a call, without those that hold transactions together."""

    def counted(call: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as asked:
            call()
        return sum("SAVEPOINT" not in query["sql"] for query in asked.captured_queries)

    return counted


@pytest.fixture
def page(research: Any) -> Callable[[str], None]:
    """Open a page as an admin of the team, who sees all its tabs."""
    client = Client()
    client.force_login(make_member("anna", team=research, role="admin"))

    def opened(url: str) -> None:
        assert client.get(url).status_code == 200

    return opened


def test_list_asks_as_much_for_many_clusters_as_for_one(
    head: Head, launch: Any, count: Any, page: Any
) -> None:
    url = reverse("clusters:list")
    page(url)
    one = count(lambda: page(url))
    for number in range(5):
        Head(launch(f"c{number}")).pass_by()
    assert count(lambda: page(url)) == one <= 12


@pytest.mark.parametrize("tab", TABS)
def test_page_asks_as_much_for_a_busy_cluster_as_for_a_new_one(
    head: Head, count: Any, page: Any, alice: Any, tab: str
) -> None:
    head.wants(2, CPU=1.0)
    head.report(jobs=[{"submission_id": "j0", "status": "RUNNING"}])
    head.pass_by()
    url = f"{reverse('clusters:detail', args=[head.cluster.pk])}?tab={tab}"
    page(url)
    small = count(lambda: page(url))
    head.wants(6, CPU=1.0)
    head.report()
    head.pass_by()
    for number in range(5):
        Event.objects.create(
            cluster=head.cluster,
            kind="node.state_changed",
            message="x",
            actor=alice,
            node=head.nodes()[0],
        )
        Job.objects.create(
            cluster=head.cluster,
            run=head.cluster.run,
            submission_id=f"j{number + 1}",
            submitted_by=alice,
        )
    assert count(lambda: page(url)) == small <= 23  # one of them counts what waits for the reader


def test_report_of_nothing_new_asks_little(head: Head, count: Any) -> None:
    head.wants(4, CPU=2.0)
    head.report()
    head.pass_by()
    head.report()
    body = head.body()
    head.post(body)
    assert count(lambda: head.post(body)) <= 6


def test_report_of_many_changes_asks_as_much_as_of_one(head: Head, count: Any) -> None:
    def changed(nodes: int, jobs: int) -> dict[str, Any]:
        body = head.body(
            jobs=[{"submission_id": f"j{n}", "status": "RUNNING"} for n in range(jobs)]
        )
        for node in body["nodes"][:nodes]:
            node["available"] = {"CPU": float(body["seq"])}
        return body

    head.wants(4, CPU=2.0)
    head.report()
    head.pass_by()
    head.report()
    one = changed(1, 1)
    few = count(lambda: head.post(one))
    many = changed(5, 50)
    assert count(lambda: head.post(many)) == few <= 12


def test_calm_pass_asks_little(head: Head, count: Any) -> None:
    head.wants(4, CPU=2.0)
    head.report()
    head.pass_by()
    head.pass_by()
    # What cannot be served is compared with what was noted, and health is judged by the groups;
    # those of the nodes are read once, not with each node.
    assert count(head.pass_by) <= 12
    head.wants(0)
    head.report()
    head.pass_by()  # writes down that all is fine again
    # Also prices, cool-downs and stopped groups, and when the next cool-down ends: looks follow.
    assert count(head.pass_by) <= 11
    assert {node.state for node in head.nodes()} == {"ready"}


def test_sweep_asks_once(launch: Any, count: Any) -> None:
    from clusters.reconcile.loop import due

    for number in range(5):
        launch(f"c{number}")
    assert count(due) == 1
    assert Cluster.objects.count() == 5
