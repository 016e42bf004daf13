"""A cluster's Scaling page in a real browser: charts, what-if, no complaints, on a phone too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.clusters import conftest as paper
from tests.clusters.views.scaling_page import STRATEGIES

if TYPE_CHECKING:
    from accounts.models import Team, User
    from clusters.models import Cluster
    from images.models import ImageVersion
    from providers.fake.driver import FakeDriver
    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
driver, image, launch, queued, version = (
    paper.driver, paper.image, paper.launch, paper.queued, paper.version,
)  # fmt: skip


@pytest.fixture
def cluster(
    transactional_db: None, launch: Callable[..., Cluster], research: Team, alice: User,
    driver: FakeDriver, image: ImageVersion,
) -> Cluster:  # fmt: skip
    """A cluster with strategies, two days of samples, a forecast, and work that waits."""
    from configurations.services.templates import create_template

    text = paper.TEXT.rstrip() + STRATEGIES
    made = create_template(team=research, name="scaled", text=text, message="First.", by=alice)
    cluster = launch("scaled", of=made)
    run(cluster)
    remember(cluster)
    return cluster


def run(cluster: Cluster) -> None:
    """Let it be up, as a head agent would: the browser's loop is in the way of a report."""
    from clusters.models import Cluster, Node, ScalingDecision

    for number, group in enumerate(cluster.groups.all()):
        Node.objects.create(
            name=f"{group.name}-{number}", cluster=cluster, group=group, run=cluster.run,
            role=group.role, state="ready", total=group.resources, free={}, hourly_microusd=100_000,
        )  # fmt: skip
    reason = "1 × small for 3 × {CPU: 1}: cheaper than large ($0.10 instead of $0.40 an hour)."
    ScalingDecision.objects.create(
        cluster=cluster, kind="launch", group="cpu", count=1, reason=reason, demand={}
    )
    waiting = [
        {"resources": {"CPU": 1.0, "memory": float(2**30)}, "count": 3},
        {"resources": {"GPU": 1.0}, "count": 2},
        {"resources": {"CPU": 16.0}, "count": 1},
    ]
    moment = datetime.now(UTC)
    Cluster.objects.filter(pk=cluster.pk).update(state="running")
    demand = {"shapes": waiting, "gangs": [], "standing_requests": []}
    cluster.runs.update(agent_seen_at=moment, demand_at=moment, demand=demand)


def remember(cluster: Cluster) -> None:
    from clusters.models import Forecast, ScalingSample

    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def nodes(at: datetime) -> int:
        return 4 if 8 <= at.hour < 18 else 1

    times = [hour - timedelta(minutes=15 * back) for back in range(2 * 96)]
    ScalingSample.objects.bulk_create(
        ScalingSample(
            cluster=cluster, group="cpu", at=at, needed=nodes(at), ready=min(4, nodes(at) + 1),
            floor=3, expected=nodes(at) - 0.3, expected_upper=nodes(at) + 0.4,
            facts={"queue": float(at.hour % 5), "nodes": float(nodes(at))},
        )
        for at in times
    )  # fmt: skip
    ahead = [float(nodes(hour + timedelta(hours=step))) for step in range(48)]
    Forecast.objects.create(
        cluster=cluster, group="cpu", made_at=datetime.now(UTC), starts_at=hour, p50=ahead,
        upper=[value + 0.5 for value in ahead], quantile=0.75, season="day", error_percent=12.5,
        tested_days=2, boot_seconds=75, mode="forecast_only",
    )  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_has_nothing_to_complain_about(
    visit: Callable[..., Visit], alice: User, cluster: Cluster, width: int, theme: str
) -> None:
    alices = visit(alice, width=width, theme=theme)
    page = alices.open(f"/clusters/{cluster.pk}/?tab=scaling&demand=4+x+CPU:2%0A2+x+GPU:1")
    expect(page.locator("#scaling-nodes .main-svg").first).to_be_visible()
    expect(page.locator("#scaling-forecast .main-svg").first).to_be_visible()
    expect(page.locator("#what-if")).to_contain_text("an hour more")
    show(page, f"{width}-{theme}")
    page.get_by_text("Replay over the last 7 days").click()
    expect(page.locator("#replay-0 .main-svg").first).to_be_visible()
    show(page, f"replay-{width}-{theme}")
    assert alices.barriers() == []
    assert alices.complaints() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def show(page: object, name: str) -> None:
    import os

    if folder := os.environ.get("PAGE_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)  # type: ignore[attr-defined]


def test_what_if_answers_in_place_and_keeps_the_question_in_the_address(
    visit: Callable[..., Visit], alice: User, cluster: Cluster
) -> None:
    alices = visit(alice)
    page = alices.open(f"/clusters/{cluster.pk}/?tab=scaling")
    page.locator("#what-if > summary").click()
    field = page.get_by_label("Demand", exact=True)
    field.fill("4 x CPU")
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 1: 'CPU' has no amount")
    assert alices.barriers() == []
    field.fill("2 x CPU:2")
    page.get_by_role("button", name="Plan").click()
    expect(page.locator("#plan-title")).to_contain_text("more node")
    assert page.url.endswith("?tab=scaling&demand=2+x+CPU%3A2")
    page.wait_for_timeout(2500)  # the live part goes on to be asked for at the new address
    page.get_by_role("link", name="Use pending demand").click()
    expect(page.locator("#what-if-demand")).to_have_value(
        "3 x CPU:1, memory:1GiB\n2 x GPU:1\n1 x CPU:16"
    )
    assert alices.complaints() == []
    page.reload()
    expect(page.locator("#plan-title")).to_be_visible()


def test_a_rule_is_enabled_beside_its_replay(
    visit: Callable[..., Visit], alice: User, cluster: Cluster
) -> None:
    page = visit(alice).open(f"/clusters/{cluster.pk}/?tab=scaling")
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("The rule of group cpu can launch nodes now.")).to_be_visible()
    expect(page.get_by_role("button", name="Disable")).to_be_visible()


def test_the_page_works_without_scripts(
    visit: Callable[..., Visit], alice: User, cluster: Cluster
) -> None:
    page = visit(alice, scripts=False).open(f"/clusters/{cluster.pk}/?tab=scaling")
    page.locator("#what-if > summary").click()
    page.get_by_label("Demand", exact=True).fill("2 x CPU:2")
    page.get_by_role("button", name="Plan").click()
    expect(page.locator("#plan-title")).to_contain_text("more node")
    page.get_by_role("link", name="Strategies").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Strategies of scaled")
    page.get_by_text("Replay over the last 7 days").click()
    page.get_by_role("link", name="Show replay").click()
    expect(page.locator("#strategies")).to_contain_text("The rule would have requested")
