"""The whole way in a real browser: from the printed link to real Ray nodes and their cost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit, watched
from tests.e2e.stack import Console, console

pytestmark = [pytest.mark.ray, pytest.mark.browser, pytest.mark.usefixtures("patience")]

PASSWORD = "a mobula leaps from the water"
# Waited for only where something is wrong, or the machine very busy.
PATIENCE = 300_000


@pytest.fixture
def mobula() -> Iterator[Console]:
    """A console that was started for the first time and has been seen by nobody."""
    with console(signed_in=False, is_prepared=False) as running:
        yield running


@pytest.fixture
def newcomer(mobula: Console, chromium: Browser) -> Iterator[Visit]:
    """Somebody who has nothing but the printed link."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    yield watched(context, mobula.url)
    context.close()


def test_newcomer_walks_from_the_link_to_the_cost(mobula: Console, newcomer: Visit) -> None:
    page = newcomer.page
    sign_in(page, mobula.link)
    create_template(page)
    launch(page)
    run_a_workload(page)
    read_its_log(page)
    newcomer.page.goto(cluster_address(page))
    resize(page)
    stop_and_start(page)
    terminate(page)
    for path in ("/", "/clusters/?state=all", "/templates/", "/insights/utilization/?range=1h"):
        newcomer.open(path)
        assert newcomer.barriers() == [], path
    see_the_cost(newcomer)
    assert newcomer.complaints() == []


def sign_in(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Sign in as").click()
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label(re.compile("again|repeat|confirm", re.IGNORECASE)).fill(PASSWORD)
    page.get_by_role("button", name=re.compile("password", re.IGNORECASE)).click()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="Default")).to_be_visible()


def create_template(page: Page) -> None:
    """From the overview's empty state: the defaults are ready, only the idle time is shortened."""
    page.get_by_role("link", name="Launch cluster").click()
    page.get_by_role("link", name="Create template").click()
    page.get_by_label("Template name").fill("starter")
    page.get_by_label("Worker idle timeout").fill("5")
    expect(page.locator(".cm-content")).to_contain_text("worker_idle_seconds: 5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="starter")).to_be_visible()


def launch(page: Page) -> None:
    page.get_by_role("link", name="Launch").first.click()
    page.get_by_label("Cluster name").fill("first")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("heading", name="first", exact=True)).to_be_visible()
    comes_to(page, "Running")
    expect(page.get_by_role("list", name="Steps of head")).to_contain_text("Ray boot")
    expect(page.get_by_text("ray job submit --address")).to_be_visible()


def comes_to(page: Page, state: str) -> None:
    """The page says so by itself, without being loaded again."""
    expect(page.locator(".cluster-bar .state")).to_have_text(state, timeout=PATIENCE)


def run_a_workload(page: Page) -> None:
    form = page.get_by_role("form", name="CPU tasks")
    form.get_by_label("Tasks").fill("4")
    form.get_by_label("Seconds per task").fill("2")
    form.get_by_role("button", name="Run cpu tasks").click()
    job = page.get_by_role("row", name=re.compile("mobula-cpu-tasks-"))
    expect(job).to_contain_text("Succeeded", timeout=PATIENCE)
    page.get_by_role("link", name="Scaling", exact=True).click()
    expect(page.locator("#live")).to_contain_text("{CPU: 1}")
    expect(page.locator("#live")).to_contain_text("was idle for", timeout=PATIENCE)
    page.get_by_role("link", name="Nodes", exact=True).click()
    ended = page.get_by_role("region", name="Terminated nodes")
    expect(ended).to_contain_text("idle", timeout=PATIENCE)


def read_its_log(page: Page) -> None:
    page.get_by_role("link", name="Jobs", exact=True).click()
    page.get_by_role("link", name="mobula-cpu-tasks-").click()
    expect(page.locator("#job-log")).to_contain_text("4 tasks done")


def cluster_address(page: Page) -> str:
    return page.url.partition("/jobs/")[0] + "/"


def resize(page: Page) -> None:
    page.get_by_role("link", name="Scaling", exact=True).click()
    form = page.get_by_role("form", name="Resize cpu")
    form.get_by_label("Min nodes").fill("1")
    form.get_by_role("button", name="Resize cpu").click()
    expect(page.locator("#live")).to_contain_text("1 – 2")
    page.get_by_role("link", name="Overview", exact=True).last.click()
    expect(page.get_by_role("list", name=re.compile("Steps of cpu"))).to_be_visible(
        timeout=PATIENCE
    )


def stop_and_start(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    dialog = page.get_by_role("dialog", name="Stop this cluster?")
    expect(dialog).to_contain_text("per hour")
    dialog.get_by_role("button", name="Stop").click()
    comes_to(page, "Stopped")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("dialog").get_by_role("button", name="Start").click()
    comes_to(page, "Running")


def terminate(page: Page) -> None:
    page.get_by_role("button", name="Terminate").click()
    page.get_by_role("dialog").get_by_role("button", name="Terminate").click()
    comes_to(page, "Terminated")
    expect(page.locator("#live")).to_contain_text("No nodes")


def see_the_cost(newcomer: Visit) -> None:
    """The ledger is posted each minute; the total is the sum of its parts."""
    page = newcomer.open("/insights/cost/")
    for _ in range(30):
        if page.get_by_role("link", name="first").count():
            break
        page.wait_for_timeout(5_000)
        newcomer.open("/insights/cost/")
    expect(page.get_by_role("link", name="first")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert newcomer.barriers() == []
