"""Networks that are slow or lose answers, and tokens that are outdated, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
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

SLOW_3G = {
    "offline": False,
    "latency": 2_000,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}


def edit(page: Page) -> None:
    expect(page.locator(".cm-editor")).to_be_visible()
    write_yaml(page, TEXT.replace("max_nodes: 4", "max_nodes: 9"))
    page.get_by_label("Message", exact=True).fill("More nodes.")


def test_a_save_whose_answer_is_lost_is_saved_once(
    visit: Visitor, alice: User, version: Version
) -> None:
    page = visit(alice).open(f"/templates/{version.template_id}/edit/")
    arrived: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        arrived.append(route.fetch(max_redirects=0).status)
        return route.abort("connectionreset")

    page.route("**/edit/", lose_the_answer)
    edit(page)
    page.get_by_role("button", name="Save version").click()
    expect(page.locator("#status-bar")).to_contain_text("Not saved: Mobula does not answer.")
    page.unroute("**/edit/")
    try_again(page)
    expect(page.locator("#notices")).to_contain_text("train:2 is saved")
    assert arrived == [204]
    assert version.template.versions.count() == 2


def test_on_a_slow_network_a_save_shows_that_it_is_under_way(
    visit: Visitor, alice: User, version: Version
) -> None:
    page = visit(alice).open(f"/templates/{version.template_id}/edit/")
    edit(page)
    wait_for_yaml(page, "max_nodes: 9")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW_3G)
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("button", name="Saving…")).to_be_disabled()
    expect(page.locator("#progress")).to_have_class("progress-line is-running")
    expect(page.locator("#status-bar")).to_be_empty()
    expect(page.locator("#notices")).to_contain_text("train:2 is saved", timeout=60_000)


@pytest.mark.parametrize("status", [429, 503])
def test_an_answer_that_refuses_takes_nothing_back_that_was_typed(
    visit: Visitor, alice: User, version: Version, status: int
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    expect(page.locator(".cm-editor")).to_be_visible()
    most = page.get_by_label("Max", exact=True)
    page.route("**/check/", lambda route: route.fulfill(status=status, body="Later."))
    with page.expect_response("**/check/"):
        most.fill("7")
    expect(page.locator("#status-bar")).not_to_be_empty()
    expect(most).to_have_value("7")
    page.unroute("**/check/")
    most.fill("8")
    wait_for_yaml(page, "max_nodes: 8")
    expect(page.locator("#status-bar")).to_be_empty(timeout=20_000)
    alices.findings = [found for found in alices.findings if str(status) not in found]


def test_typing_goes_on_after_a_sign_in_elsewhere_made_the_token_useless(
    visit: Visitor, alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    expect(page.locator(".cm-editor")).to_be_visible()
    page.evaluate(
        """() => {
          const token = "x".repeat(64);
          const fields = document.querySelectorAll("[name=csrfmiddlewaretoken]");
          fields.forEach((field) => (field.value = token));
          const headers = JSON.stringify({ "X-CSRFToken": token });
          document.body.setAttribute("hx-headers:inherited", headers);
        }"""
    )
    with page.expect_response(lambda answer: answer.status == 403):
        page.get_by_label("Max", exact=True).fill("7")
    # The new token comes with the whole page.
    text = page.locator("textarea[name=text]")
    expect(text).to_have_value(re.compile("max_nodes: 7"), timeout=20_000)
    expect(page.locator("#status-bar")).to_be_empty()
    alices.findings = [found for found in alices.findings if "403" not in found]
