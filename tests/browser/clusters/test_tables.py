"""Tables in a real browser: sort, choose columns, tick rows and stop them together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.clusters import conftest as paper

if TYPE_CHECKING:
    from accounts.models import User
    from clusters.models import Cluster
    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
driver, image, launch, queued, version = (
    paper.driver, paper.image, paper.launch, paper.queued, paper.version,
)  # fmt: skip


@pytest.fixture
def clusters(transactional_db: None, launch: Callable[..., Cluster]) -> list[Cluster]:
    """Three clusters, one of which has ended."""
    from clusters.models import Cluster

    made = [launch(name) for name in ("alpha", "beta", "gamma")]
    Cluster.objects.filter(name="gamma").update(state="terminated", target="terminated")
    return made


def test_columns_are_chosen_rows_sorted_and_clusters_stopped_together(
    visit: Callable[..., Visit], alice: User, clusters: list[Cluster]
) -> None:
    window = visit(alice)
    page = window.open("/clusters/?state=all")
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(page.locator("tbody th").first).to_contain_text("alpha")

    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Cloud").check()
    page.get_by_role("checkbox", name="Owner").uncheck()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("columnheader", name="Cloud")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)
    assert "state=all" in page.url
    assert "sort=name" in page.url

    page.get_by_role("checkbox", name="Select alpha").check()
    page.get_by_role("checkbox", name="Select gamma").check()
    with page.expect_response(lambda response: "hx" in str(response.request.headers)):
        pass  # the rows are fetched anew, and stay ticked
    page.wait_for_timeout(200)
    expect(page.get_by_role("checkbox", name="Select alpha")).to_be_checked()
    expect(page.get_by_text("2 selected")).to_be_visible()
    assert window.barriers() == []

    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("heading", name="Stop 1 cluster?")).to_be_visible()
    expect(page.get_by_role("row", name="gamma")).to_contain_text(
        "Skipped. It is terminated: only a running cluster can be stopped."
    )
    page.get_by_role("button", name="Stop 1 cluster").click()
    expect(page.get_by_text("Stopping alpha.")).to_be_visible()
    assert window.complaints() == []


def test_headings_stay_while_the_page_scrolls_and_wide_tables_scroll_sideways(
    visit: Callable[..., Visit], alice: User, clusters: list[Cluster]
) -> None:
    wide = visit(alice).open("/clusters/")
    region = wide.locator(".table-scroll")
    expect(region).to_have_attribute("data-fits", "")
    assert region.evaluate("region => getComputedStyle(region).overflowY") == "visible"
    phone = visit(alice, width=390, theme="dark").open("/clusters/")
    assert phone.locator(".table-scroll").evaluate("r => r.scrollWidth > r.clientWidth")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_order_focus_and_scroll_position_stay_while_tables_poll(
    visit: Callable[..., Visit], alice: User, clusters: list[Cluster]
) -> None:
    from clusters.models import Job, Node

    cluster = clusters[0]
    group = cluster.groups.get(name="cpu")
    made = [
        Node.objects.create(
            name=f"n-{number}", cluster=cluster, group=group, run=cluster.run, role="worker",
            state="ready", hourly_microusd=1_000_000 + number,
        )
        for number in range(30)
    ]  # fmt: skip
    Job.objects.bulk_create(
        Job(cluster=cluster, run=cluster.run, submission_id=f"job-{number:02}", log_bytes=number)
        for number in range(60)
    )
    window = visit(alice)
    page = window.open(f"/clusters/{cluster.pk}/?tab=nodes")
    nodes, price = page.locator("#table-nodes tbody tr"), page.locator("#sort-nodes-usd_per_hour")
    page.evaluate("scrollTo(0, 150)")
    price.click()
    expect(nodes.first).to_contain_text("cpu-29")
    expect(price).to_be_focused()
    assert page.evaluate("scrollY") == 150

    page.locator(f"#nodes-{made[20].pk} a").focus()
    page.evaluate("scrollTo(0, 300)")
    Node.objects.filter(pk=made[3].pk).update(hourly_microusd=9_000_000)
    expect(nodes.first).to_contain_text("cpu-3")
    expect(nodes.nth(1)).to_contain_text("cpu-29")
    expect(page.locator(f"#nodes-{made[20].pk} a")).to_be_focused()
    assert page.evaluate("scrollY") == 300

    page = window.open(f"/clusters/{cluster.pk}/?tab=jobs")
    page.get_by_role("link", name="Log").click()
    jobs = page.locator("#table-jobs tbody tr")
    expect(jobs.first).to_contain_text("job-59")
    page.get_by_role("link", name="Next").click()
    expect(jobs).to_have_count(10)
    page.get_by_role("link", name="job-05").focus()
    top = page.evaluate("scrollY")
    Job.objects.filter(submission_id="job-02").update(status="FAILED")
    expect(page.get_by_role("row", name="job-02")).to_contain_text("Failed")
    expect(jobs.first).to_contain_text("job-09")
    expect(page.get_by_role("link", name="job-05")).to_be_focused()
    assert page.evaluate("scrollY") == top
    assert window.barriers() == []
    assert window.complaints() == []
