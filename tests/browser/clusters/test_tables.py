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
