"""The insights pages in a real browser: drawn, accessible, within the policy, on a phone too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from tests.insights.cast import DAY, HOUR, MINUTE, make_cluster, make_group, make_node, measure

if TYPE_CHECKING:
    from accounts.models import Team, User
    from clusters.models import Cluster
    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

PATHS = ["", "insights/utilization/", "insights/idle/", "insights/cost/", "insights/rates/"]


@pytest.fixture
def past(transactional_db: None, alice: User, research: Team) -> Cluster:
    """A cluster that works, one that is idle, and what both cost since yesterday."""
    from clusters.models import Event
    from metering.bootstrap import bootstrap
    from metering.posting import post

    bootstrap()
    moment = now()
    nodes = []
    for name, drivers in (("trainer", 2), ("notebooks", 0)):
        cluster = make_cluster(name, team=research, owner=alice, drivers=drivers, actors=0)
        nodes.append(make_node(make_group(cluster, "head"), started=moment - DAY))
        nodes.append(make_node(make_group(cluster), started=moment - DAY))
        Event.objects.create(
            cluster=cluster,
            kind="cluster.state_changed",
            to_state="running",
            message="Head node ready.",
        )
    idle = nodes[2].cluster
    idle.nodes.update(idle_since=moment - 5 * MINUTE)
    measure(nodes, since=moment - HOUR, until=moment, step=MINUTE)
    post(moment)
    return nodes[0].cluster


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (390, "light")])
def test_a_page_has_nothing_to_complain_about(
    visit: Callable[..., Visit], bob: User, past: Cluster, path: str, width: int, theme: str
) -> None:
    bobs = visit(bob, width=width, theme=theme)
    page = bobs.open(f"/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert bobs.barriers() == []
    assert bobs.complaints() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert past


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_accessible_before_anything_ran(
    visit: Callable[..., Visit], bob: User, path: str
) -> None:
    bobs = visit(bob)
    bobs.open(f"/{path}")
    assert bobs.barriers() == []
    assert bobs.complaints() == []


def test_from_the_fleet_s_use_to_one_node_and_back(
    visit: Callable[..., Visit], bob: User, past: Cluster
) -> None:
    page = visit(bob).open("/insights/utilization/?range=24h")
    expect(page.locator("#use-cpu .main-svg").first).to_be_visible()
    page.get_by_role("link", name=past.name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("trainer")
    page.get_by_role("link", name="cpu-1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cpu-1")
    assert "range=24h" in page.url
    page.get_by_role("link", name="Tables").click()
    expect(page.get_by_role("columnheader", name="Reserved by Ray, cores")).to_be_visible()
    page.get_by_role("link", name="trainer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("trainer")


def test_the_total_stays_the_same_however_cost_is_grouped(
    visit: Callable[..., Visit], bob: User, past: Cluster
) -> None:
    page = visit(bob).open("/insights/cost/?range=7d")
    total = page.locator(".tile-value").first.inner_text()
    for group in ("Template", "User", "Group", "Cluster"):
        page.get_by_role("navigation", name="Group").get_by_role("link", name=group).click()
        expect(page.locator(".tile-value").first).to_have_text(total)
        expect(page.locator("tfoot")).to_contain_text(total)
    assert past
