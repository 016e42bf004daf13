"""The look: every component, light and dark, wide and narrow, with nothing to complain about."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.gallery")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_component_is_accessible_and_keeps_the_policy(
    visit: Callable[..., Visit], alice: User, theme: str, width: int
) -> None:
    alices = visit(alice, width=width, theme=theme)
    page = alices.open("/")
    expect(page.locator("#cpu .main-svg").first).to_be_visible()
    expect(page.locator(".cm-editor")).to_be_visible()
    assert alices.barriers() == []
    assert alices.complaints() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
