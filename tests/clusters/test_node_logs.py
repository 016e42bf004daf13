"""Logs of nodes arrive from the agent and the provider, stay within bounds, and can be read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from pytest_django import Settings

from accounts.models import User
from clusters.logs import nodes as node_logs
from clusters.logs.nodes import FILE_LIMIT, MOST_FILES, Part, store
from clusters.models import Node, NodeLog, NodeLogFile, NodeLogUsage
from clusters.nodes.tokens import secrets_of
from clusters.queries.node_logs import text_of
from clusters.services.node_logs import FOLLOWED, follow_node_logs
from providers.base import Throttled
from providers.fake.driver import FakeDriver
from retention import partitions
from retention.tables import NODE_LOGS

from .head import Head

pytestmark = pytest.mark.django_db


@pytest.fixture
def node(head: Head) -> Node:
    return head.nodes(role="head")[0]


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def sent(node: Node, text: str, *, offset: int = 0, file: str = "raylet.out") -> dict[str, Any]:
    """Return a part as the agent reports it."""
    size = offset + len(text.encode())
    return {"node": node.name, "file": file, "offset": offset, "text": text, "size": size}


def keep(node: Node, text: str, *, offset: int = 0, file: str = "raylet.out", size: int = 0) -> int:
    size = size or offset + len(text.encode())
    return store(node, Part(file=file, offset=offset, text=text, size=size))


def kept(node: Node, file: str = "raylet.out") -> str:
    return text_of(node, NodeLogFile.objects.get(node=node, name=file))


def used() -> int:
    total = NodeLogUsage.objects.get().bytes
    assert total == sum(NodeLog.objects.values_list("size", flat=True))
    return total


def page(node: Node) -> str:
    return reverse("clusters:node-log", args=[node.cluster_id, node.name])


def test_what_comes_twice_is_stored_once(head: Head, node: Node) -> None:
    answer = head.report(node_logs=[sent(node, "one\n")])
    assert answer["node_logs"]["offsets"] == {node.name: {"raylet.out": 4}}
    head.report(node_logs=[sent(node, "one\n")])
    answer = head.report(node_logs=[sent(node, "one\ntwo é\n")])
    assert answer["node_logs"]["offsets"][node.name]["raylet.out"] == 11
    assert (kept(node), used()) == ("one\ntwo é\n", 11)


def test_a_gap_is_shown_and_a_file_that_began_anew_replaces_the_old_one(node: Node) -> None:
    keep(node, "one\n")
    keep(node, "two\n", offset=1028)
    assert kept(node) == "one\n--- 1 KiB not kept ---\ntwo\n"
    keep(node, "again\n")
    assert (kept(node), used()) == ("again\n", 6)


def test_of_a_long_file_the_newest_part_is_kept(node: Node) -> None:
    line, offset = "x" * 9_999 + "\n", 0
    for _ in range(80):
        offset = keep(node, line, offset=offset)
    assert FILE_LIMIT - 100_000 < used() < FILE_LIMIT + 100_000
    assert kept(node).startswith("--- ")


def test_small_additions_share_a_row(node: Node) -> None:
    offset = 0
    for _ in range(50):
        offset = keep(node, "a line\n", offset=offset)
    assert (NodeLog.objects.count(), kept(node)) == (1, "a line\n" * 50)


def test_a_cluster_and_all_of_them_have_bounds(head: Head, node: Node, settings: Settings) -> None:
    settings.NODE_LOGS_PER_CLUSTER = 40_000
    offset = 0
    for _ in range(5):
        offset = keep(node, "x" * 14_999 + "\n", offset=offset)
    assert used() == 30_000
    settings.NODE_LOGS_IN_TOTAL = 20_000
    node_logs.ROOM.bound_total(now())
    assert used() == 15_000


def test_a_node_has_so_many_files_and_no_paths(head: Head, node: Node) -> None:
    files = [f"a{number}.log" for number in range(MOST_FILES + 3)]
    parts = [sent(node, "x\n", file=name) for name in (*files, "../secret", "/etc/passwd", ".x")]
    answer = head.report(node_logs=parts)
    assert NodeLogFile.objects.count() == MOST_FILES
    assert answer["node_logs"]["offsets"][node.name].keys() == set(files)


def test_a_report_says_nothing_of_nodes_elsewhere(head: Head, node: Node, launch: Any) -> None:
    other = Head(launch("two"))
    other.pass_by()
    head.report(node_logs=[sent(other.nodes(role="head")[0], "forged\n")])
    assert not NodeLogFile.objects.exists()


def test_nonsense_stores_nothing(head: Head, node: Node) -> None:
    for wrong in ({}, {**sent(node, "x"), "offset": "NaN"}, {**sent(node, "x"), "size": None}):
        assert head.post(head.body(node_logs=[wrong])).status_code == 400
    assert not NodeLogFile.objects.exists()


def test_tokens_of_the_cluster_are_masked(head: Head, node: Node) -> None:
    agent, ray, lab = secrets_of(head.cluster)
    head.report(node_logs=[sent(node, f"token={agent} and {ray}, {lab}\n")])
    assert kept(node) == f"token={'*' * 64} and {'*' * 64}, {'*' * 64}\n"


def test_the_agent_is_told_whose_logs_are_read(head: Head, node: Node, alice: User) -> None:
    assert head.report()["node_logs"]["read"] == []
    follow_node_logs(node, by=alice)
    assert head.report()["node_logs"]["read"] == [node.name]
    Node.objects.update(logs_wanted_until=now() - FOLLOWED)
    assert head.report()["node_logs"]["read"] == []


def test_a_node_that_never_joined_leaves_what_its_start_printed(
    head: Head, driver: FakeDriver, browser: Client
) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    (worker,) = head.nodes()
    driver.prints(worker.name, "\x1b[31mRay starts\x1b[0m\nAddress already in use <6379>\n")
    driver.break_node(worker.name)
    for _ in range(3):
        head.pass_by()
    worker.refresh_from_db()
    assert (worker.state, worker.ready_at) == ("terminated", None)
    shown = browser.get(page(worker)).content.decode()
    assert "Ray starts" in shown
    assert "Address already in use &lt;6379&gt;" in shown
    assert "\x1b" not in shown


def test_a_provider_that_does_not_answer_holds_up_no_end(head: Head, driver: FakeDriver) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    (worker,) = head.nodes()
    driver.break_node(worker.name)
    driver.fail_next("log_tails", Throttled("Too busy."), times=9)
    for _ in range(3):
        head.pass_by()
    worker.refresh_from_db()
    assert worker.state == "terminated"


def test_while_a_page_is_open_the_start_is_read_again(
    head: Head, node: Node, driver: FakeDriver, browser: Client
) -> None:
    assert "Fetching logs" in browser.get(page(node)).content.decode()
    assert browser.post(page(node) + "follow/").status_code == 204
    for line in ("one\n", "two\n"):
        driver.prints(node.name, line)
        head.pass_by()
    assert kept(node, "start.log") == "one\ntwo\n"


def test_the_page_searches_numbers_and_downloads(node: Node, browser: Client) -> None:
    keep(node, "all is well\nit failed: <b>\nall is well\n")
    keep(node, "warning\n", file="raylet.err")
    shown = browser.get(page(node), {"file": "raylet.out", "q": "FAILED"}).content.decode()
    assert '<span data-number="2">it <mark>failed</mark>: &lt;b&gt;</span>' in shown
    assert "1 of 3 lines match." in shown
    assert "No matching lines" in browser.get(page(node), {"q": "zebra"}).content.decode()
    saved = browser.get(page(node) + "text/", {"file": "raylet.err"})
    assert saved.content == b"warning\n"
    assert f'filename="{node.name}-raylet.err.txt"' in saved["Content-Disposition"]
    assert browser.get(page(node) + "text/", {"file": "none.log"}).status_code == 404


def test_a_page_that_is_open_gets_only_what_is_new(node: Node, browser: Client) -> None:
    keep(node, "one\n")
    whole = browser.get(page(node))
    live = {"part": "live", "mark": whole.context["mark"]}
    assert browser.get(page(node), live).status_code == 204
    keep(node, "two\n", offset=4)
    assert "two" in browser.get(page(node), live).content.decode()
    Node.objects.filter(pk=node.pk).update(state="terminated", ended_at=now())
    assert browser.get(page(node), live).status_code == 286


@pytest.mark.parametrize(
    ("ago", "launched", "booted", "title"),
    [
        (0, True, True, "No logs kept"),
        (30, True, True, "Logs removed"),
        (0, True, False, "No machine"),
        (0, False, False, "Never launched"),
    ],
)
def test_the_page_says_why_there_is_nothing(
    node: Node, browser: Client, ago: int, launched: bool, booted: bool, title: str
) -> None:
    ended = now() - timedelta(days=ago)
    Node.objects.filter(pk=node.pk).update(
        state="terminated",
        ended_at=ended,
        launched_at=ended if launched else None,
        booted_at=ended if booted else None,
        address="10.0.0.1" if booted else "",
    )
    assert title in browser.get(page(node)).content.decode()


def test_nodes_and_their_events_lead_to_the_log(head: Head, node: Node, browser: Client) -> None:
    for tab in ("overview", "nodes", "events"):
        url = f"{reverse('clusters:detail', args=[head.cluster.pk])}?tab={tab}"
        assert f'href="{page(node)}"' in browser.get(url).content.decode()


def test_old_logs_go_with_their_partition_and_their_files_are_forgotten(node: Node) -> None:
    keep(node, "one\n")
    old = now() - timedelta(days=20)
    NodeLog.objects.update(at=old)
    Node.objects.filter(pk=node.pk).update(state="terminated", ended_at=old)
    partitions.prepare(now())
    assert partitions.drop_expired(now(), tables=[NODE_LOGS]) == 1
    node_logs.ROOM.count_usage()
    node_logs.forget_empty_files()
    assert (used(), NodeLogFile.objects.count()) == (0, 0)
