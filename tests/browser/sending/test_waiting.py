"""What takes time shows that it does, in a real browser; pressed twice it is done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.editing import local
from tests.browser.test_first_launch import driver, image, new, queued, version

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version

__all__ = ["driver", "image", "local", "new", "queued", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
type Visitor = Callable[..., Visit]


class Held:
    """Requests to an address, which wait until they are let go."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.routes: list[Route] = []
        self.page, self.pattern = page, pattern
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        if route.request.method == "POST":
            self.routes.append(route)
        else:
            route.continue_()

    def let_go(self) -> None:
        """Let what came so far go on; it was one request."""
        assert len(self.routes) == 1
        self.routes[0].continue_()
        self.page.unroute(self.pattern)


def press_twice(button: Locator) -> None:
    """As somebody does who sees nothing happen."""
    button.evaluate("(button) => { button.click(); button.click(); }")


def test_a_launch_says_that_it_launches_and_launches_once(
    visit: Visitor, alice: User, driver: object, version: Version, queued: list[str]
) -> None:
    from clusters.models import Cluster

    page = visit(alice).open(f"/clusters/launch/?version={version.pk}")
    held = Held(page, "**/clusters/launch/?version=*")
    press_twice(page.get_by_role("button", name="Launch"))
    button = page.get_by_role("button", name="Launching…")
    expect(button).to_be_disabled()
    expect(page.locator("form[aria-busy=true]")).to_have_count(1)
    expect(page.locator("#progress")).to_have_class("progress-line is-running")
    held.let_go()
    expect(page.get_by_role("heading", name="train", exact=True)).to_be_visible()
    assert Cluster.objects.count() == 1

    page.go_back()
    expect(page.get_by_role("button", name="Launch")).to_be_enabled()


def test_a_template_is_created_once_and_a_refused_save_leads_to_its_first_error(
    visit: Visitor, alice: User, local: None
) -> None:
    page = visit(alice).open("/templates/new/")
    expect(page.locator(".cm-editor")).to_be_visible()
    page.get_by_label("Template name").fill("second")
    held = Held(page, "**/templates/new/")
    press_twice(page.get_by_role("button", name="Save version"))
    expect(page.get_by_role("button", name="Saving…")).to_be_disabled()
    held.let_go()
    expect(page.locator("#notices")).to_contain_text("second:1 is saved")

    page.get_by_role("link", name="Edit").first.click()
    expect(page.locator(".cm-editor")).to_be_visible()
    page.get_by_role("button", name="Save version").click()
    expect(page.locator("#status-bar")).to_contain_text("Not saved: 1 problem.")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name="Save version")).to_be_enabled()
