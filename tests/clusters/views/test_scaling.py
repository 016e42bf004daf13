"""The Scaling tab: what is pending and where it fits, floors, cooldowns, cost of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clusters.models import Cluster, Node
from clusters.queries.scaling import what_if
from domain.lifecycle import ClusterState
from tests.clusters.head import Head
from tests.clusters.views.scaling_page import exported, panel, sample

pytestmark = pytest.mark.django_db


def test_each_line_of_demand_says_which_group_could_take_it(head: Head, page: Any) -> None:
    head.wants(3, CPU=1.0)
    head.waiting.append({"resources": {"GPU": 1.0}, "count": 1, "selectors": []})
    head.report()
    text = page(head.cluster).text
    assert "fits: 2 of it on one node of small" in text
    assert "4 more nodes possible" in text
    assert "no GPU" in text
    rows = exported(page, head.cluster, "demand")
    assert [(row["requested"], row["group"], row["fits"]) for row in rows] == [
        ("{CPU: 1}", "cpu", "True"),
        ("{GPU: 1}", "cpu", "False"),
    ]


def test_a_full_group_says_so(head: Head, page: Any) -> None:
    head.wants(20, CPU=2.0)
    head.report()
    head.pass_by()
    assert "at its maximum of 4" in page(head.cluster).text


def test_more_lines_than_a_page_holds_are_counted(head: Head, page: Any) -> None:
    head.waiting = [{"resources": {"CPU": 1 + n / 100}, "count": 1} for n in range(35)]
    head.report()
    assert "5 more pending; see the CSV." in page(head.cluster).text
    assert len(exported(page, head.cluster, "demand")) == 35


@pytest.mark.parametrize("state", list(ClusterState))
def test_the_page_opens_in_every_state(head: Head, page: Any, state: str) -> None:
    Cluster.objects.filter(pk=head.cluster.pk).update(state=state)
    head.cluster.runs.update(agent_seen_at=None)
    head.cluster.nodes.update(state="terminated", ended_at=datetime.now(UTC))
    assert "No pending demand" in page(head.cluster, demand="2 x CPU:2").text


def test_a_machine_that_the_cloud_offers_no_more_is_explained_too(head: Head, page: Any) -> None:
    head.cluster.groups.filter(name="cpu").update(instance_type="gone", resources={"CPU": 2})
    head.wants(1, CPU=1.0)
    head.report()
    assert "on one node of gone" in page(head.cluster).text
    assert "unknown/h" not in page(head.cluster).text


def test_groups_say_their_floor_its_reason_and_what_is_kept_free(scaled: Head, page: Any) -> None:
    text = page(scaled.cluster).text
    assert "schedule always until " in text
    assert "1 node, $0." in text
    (row,) = exported(page, scaled.cluster, "groups")
    assert (row["current_minimum"], row["spare"]) == ("3", "1")
    assert row["reason"].startswith("schedule always")


def test_an_empty_page_says_what_to_do_next(head: Head, page: Any) -> None:
    text = page(head.cluster).text
    assert "No pending demand" in text
    assert "No cooldowns." in text
    assert "Run a job or a test workload" in text


def test_the_live_part_leaves_out_what_is_typed_into(head: Head, page: Any) -> None:
    assert "what-if-demand" in page(head.cluster).text
    assert "what-if-demand" not in page(head.cluster, part="live").text


def count(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as asked:
        call()
    return len(asked.captured_queries)


def test_the_page_asks_as_much_for_many_groups_and_nodes_as_for_few(
    scaled: Head, page: Any
) -> None:
    sample(scaled.cluster)
    page(scaled.cluster)
    few = count(lambda: page(scaled.cluster, part="live"))
    strategies = count(lambda: panel(page, scaled.cluster))
    group = scaled.cluster.groups.get(name="cpu")
    for number in range(5):
        group.pk = None
        group.name = f"more-{number}"
        group.save()
        Node.objects.create(
            name=f"n-{number}", cluster=scaled.cluster, group=group, run=scaled.cluster.run,
            role="worker", state="ready", total={"CPU": 2}, free={"CPU": 1},
        )  # fmt: skip
    scaled.wants(9, CPU=1.0)
    scaled.cluster.runs.update(
        demand={"shapes": scaled.waiting, "gangs": [], "standing_requests": []}
    )
    assert count(lambda: page(scaled.cluster, part="live")) == few <= 22
    assert count(lambda: panel(page, scaled.cluster)) == strategies <= 20


def test_work_inside_a_placement_group_is_shown_as_waiting_there(head: Head, page: Any) -> None:
    group = "8d41365ee7ee8cfa2a1ccda8f0f901000000"
    head.waiting = [{"resources": {f"CPU_group_{group}": 1.0}, "count": 3, "selectors": []}]
    head.report()
    text = page(head.cluster).text
    assert f"in placement group {group}" in text
    assert "no new node can take it" in text
    (row,) = exported(page, head.cluster, "demand")
    assert (row["requested"], row["count"], row["group"]) == ("{CPU: 1}", "3", "")
    head.pass_by()
    assert not head.nodes()


def test_what_waits_can_be_given_back_to_the_what_if_form(head: Head, page: Any) -> None:
    selector = {"key": "zone", "operator": "not in", "values": ["a"]}
    head.waiting = [
        {"resources": {"CPU": 1.0}, "count": 1, "selectors": [selector], "fallbacks": [[]]}
    ]
    head.report()
    head.cluster.refresh_from_db()
    text = what_if(head.cluster, None).text
    again = what_if(head.cluster, text)
    assert not again.error
    assert again.outcome == what_if(head.cluster, "now").outcome
