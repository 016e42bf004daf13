"""The server goes away while somebody works, in a real browser: nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.editing import TEXT, local, try_again, version, wait_for_yaml, write_yaml

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version

__all__ = ["local", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
type Visitor = Callable[..., Visit]

LOST = "Connection to Mobula lost"
KEPT = "What you typed is kept in this browser."
FREE_PATH = """() => {
  const bar = document.querySelector("#status-bar").getBoundingClientRect();
  const heading = document.querySelector("h1").getBoundingClientRect();
  return bar.height > 0 && bar.bottom <= heading.top;
}"""


@contextmanager
def outage(page: Page) -> Iterator[None]:
    """The server cannot be reached for as long as the block lasts."""

    def refuse(route: Route) -> None:
        route.abort("connectionrefused")

    page.context.route("**/*", refuse)
    yield
    page.context.unroute("**/*", refuse)


def test_typing_on_is_no_outage_and_a_real_one_ends_with_the_next_answer(
    visit: Visitor, alice: User, version: Version
) -> None:
    page = visit(alice).open(f"/templates/{version.template_id}/edit/")
    bar = page.locator("#status-bar")
    hold: list[Route] = []

    def keep_waiting(route: Route) -> None:
        hold.append(route)

    page.route("**/check/", keep_waiting)
    most = page.get_by_label("Max", exact=True)
    for number in ("6", "7", "8"):
        with page.expect_request("**/check/"):
            most.fill(number)
    page.wait_for_timeout(100)
    hold[-1].continue_()
    wait_for_yaml(page, "max_nodes: 8")
    expect(bar).to_be_empty()
    page.unroute("**/check/")

    with outage(page):
        most.fill("9")
        expect(bar).to_contain_text(LOST)
        assert page.evaluate(FREE_PATH)
        most.fill("10")
        page.wait_for_timeout(600)
        expect(bar.locator(".status-line")).to_have_count(1)
    expect(bar).to_be_empty(timeout=20_000)
    wait_for_yaml(page, "max_nodes: 10")


def test_a_save_waits_for_the_server_and_is_done_once_it_is_back(
    visit: Visitor, alice: User, version: Version
) -> None:
    page = visit(alice).open(f"/templates/{version.template_id}/edit/")
    expect(page.locator(".cm-editor")).to_be_visible()
    with outage(page):
        write_yaml(page, TEXT.replace("max_nodes: 4", "max_nodes: 9"))
        page.get_by_label("Message", exact=True).fill("More nodes.")
        page.get_by_role("button", name="Save version").click()
        bar = page.locator("#status-bar")
        expect(bar).to_contain_text(f"Not saved: Mobula does not answer. {KEPT}")
        expect(bar).to_contain_text("Next try in")
        expect(page.get_by_role("button", name="Save version")).to_be_enabled()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(bar).to_be_in_viewport(ratio=1)
    try_again(page)
    expect(page.get_by_role("heading", name="train", exact=True)).to_be_visible()
    expect(page.locator("#notices")).to_contain_text("train:2 is saved")
    page.go_back()
    expect(page.locator(".cm-editor")).to_be_visible()
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)


def test_what_could_not_be_saved_is_offered_when_the_page_is_opened_again(
    visit: Visitor, alice: User, version: Version
) -> None:
    address = f"/templates/{version.template_id}/edit/"
    alices = visit(alice)
    page = alices.open(address)
    expect(page.locator(".cm-editor")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    with outage(page):
        write_yaml(page, TEXT.replace("max_nodes: 4", "max_nodes: 9"))
        page.get_by_label("Message", exact=True).fill("More nodes.")
        page.get_by_role("button", name="Save version").click()
        expect(page.locator("#status-bar")).to_contain_text(KEPT)
        page.goto("about:blank")  # before the outage ends: the page would save it by itself
    page = alices.open(address)
    expect(page.get_by_text("were not saved")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_label("Max", exact=True)).to_have_value("9")
    expect(page.get_by_label("Message", exact=True)).to_have_value("More nodes.")
    page.get_by_role("button", name="Save version").click()
    expect(page.locator("#notices")).to_contain_text("train:2 is saved")
    page = alices.open(address)
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)
