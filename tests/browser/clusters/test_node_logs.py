"""The logs of a node in a real browser: why it did not start, and what it says now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.clusters import conftest as paper

if TYPE_CHECKING:
    from accounts.models import User
    from clusters.models import Cluster, Node
    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
driver, image, launch, queued, version = (
    paper.driver, paper.image, paper.launch, paper.queued, paper.version,
)  # fmt: skip


def prints(node: Node, file: str, text: str) -> None:
    """Let the node's file have this text at its end."""
    from clusters.logs.nodes import Part, store
    from clusters.models import NodeLogFile

    end = sum(NodeLogFile.objects.filter(node=node, name=file).values_list("end", flat=True))
    store(node, Part(file=file, offset=end, text=text, size=end + len(text.encode())))


@pytest.fixture
def cluster(transactional_db: None, launch: Callable[..., Cluster]) -> Cluster:
    """A cluster with a node that failed to start and one that runs."""
    from django.utils.timezone import now

    from clusters.models import Node

    made = launch("one")
    group = made.groups.get(name="cpu")
    for number, state in enumerate(("terminated", "ready")):
        Node.objects.create(
            name=f"{made.handle}-{number}", cluster=made, group=group, run=made.run,
            role="worker", state=state, launched_at=now(),
            ready_at=now() if state == "ready" else None,
            ended_at=now() if state == "terminated" else None,
        )  # fmt: skip
    made.runs.update(agent_seen_at=now())
    return made


def test_a_user_finds_why_a_node_failed_and_follows_one_that_runs(
    visit: Callable[..., Visit], alice: User, cluster: Cluster
) -> None:
    failed, running = cluster.nodes.order_by("pk")
    prints(failed, "start.log", "Ray starts\nbind: Address already in use\n" + "retry\n" * 1_200)
    browser = visit(alice)
    page = browser.open(f"/clusters/{cluster.pk}/?tab=nodes")
    page.get_by_role("row", name=failed.name).get_by_role("link", name="Logs").click()
    expect(page.get_by_text("The last 1,000 of 1,202 lines.")).to_be_visible()
    page.get_by_role("searchbox").fill("ADDRESS")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("mark")).to_have_text("Address")
    expect(page.get_by_text("Following")).to_have_count(0)  # no more lines come
    expect(page.get_by_text("1 of 1,202 lines match.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"{failed.name}-start.log.txt"
    assert browser.barriers() == []

    browser.open(f"/clusters/{cluster.pk}/nodes/{running.name}/log/")
    expect(page.get_by_text("Fetching logs")).to_be_visible()
    prints(running, "raylet.out", "first\n")
    expect(page.get_by_role("log")).to_contain_text("first")
    prints(running, "raylet.out", "second\n")
    expect(page.get_by_role("log")).to_contain_text("second")
    expect(page.get_by_text("Following")).to_be_visible()
    running.refresh_from_db()
    assert running.logs_wanted_until is not None
    running.state, running.ended_at = "terminated", running.ready_at
    running.save()
    expect(page.get_by_text("Following")).to_have_count(0)
    assert browser.barriers() == []
    assert browser.complaints() == []


def test_the_log_fits_a_phone_in_the_dark(
    visit: Callable[..., Visit], alice: User, cluster: Cluster
) -> None:
    failed = cluster.nodes.earliest("pk")
    prints(failed, "start.log", "a line without any room to break: " + "x" * 400 + "\n")
    browser = visit(alice, width=390, theme="dark")
    page = browser.open(f"/clusters/{cluster.pk}/nodes/{failed.name}/log/?q=line")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert (browser.barriers(), browser.complaints()) == ([], [])
