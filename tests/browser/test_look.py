"""The look: every component, light and dark, wide and narrow, with nothing to complain about."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.gallery")]

AT_END = """() => {
  const log = document.querySelector(".log-lines");
  return log.scrollTop + log.clientHeight >= log.scrollHeight - 2;
}"""
type Visitor = Callable[..., Visit]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_component_is_accessible_and_keeps_the_policy(
    visit: Visitor, alice: User, theme: str, width: int
) -> None:
    alices = visit(alice, width=width, theme=theme)
    page = alices.open("/")
    expect(page.locator("#cpu .main-svg").first).to_be_visible()
    expect(page.locator(".cm-editor")).to_be_visible()
    assert alices.barriers() == []
    assert alices.complaints() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dialogs_and_menus_are_accessible_too(visit: Visitor, alice: User) -> None:
    alices = visit(alice)
    page = alices.open("/")
    page.locator(".menu summary").last.click()
    assert alices.barriers() == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Terminate").click()
    expect(page.get_by_role("dialog", name="Terminate nightly-train?")).to_be_visible()
    assert alices.barriers() == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_polled_region_keeps_what_is_typed_and_stops_when_told(
    visit: Visitor, alice: User
) -> None:
    page = visit(alice).open("/slow/")
    page.get_by_label("Kept").fill("half a word")
    expect(page.locator("#polled b")).to_have_text("3")
    # htmx marks what it listens to and keeps timers for: nothing is left of either.
    expect(page.locator("#polled[data-htmx-powered]")).to_have_count(0)
    expect(page.locator("#polled[hx-trigger]")).to_have_count(0)
    expect(page.get_by_label("Kept")).to_have_value("half a word")
    expect(page.get_by_label("Kept")).to_be_focused()


def test_the_choice_of_theme_lasts_and_recolours_the_charts(visit: Visitor, alice: User) -> None:
    page = visit(alice, theme="light").open("/")
    line = page.locator("#cpu .scatterlayer .js-line").first
    before = line.evaluate("(line) => line.style.stroke")
    page.locator(".menu summary").last.click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(line).not_to_have_css("stroke", before)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_keys_open_help_and_pages_but_not_while_typing(visit: Visitor, alice: User) -> None:
    page = visit(alice).open("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".cm-content").click()
    page.keyboard.type("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("body").press("g")
    assert page.locator(".cm-content").inner_text().count("?") == 1


def test_the_editor_writes_to_its_field_and_marks_problems(visit: Visitor, alice: User) -> None:
    page = visit(alice).open("/")
    expect(page.locator(".cm-lintRange-error")).to_have_count(1)
    page.locator(".cm-content").press("Control+End")
    page.keyboard.type("# mine")
    assert page.locator("#yaml").input_value().endswith("# mine")


def test_the_page_asks_before_edits_are_lost(visit: Visitor, alice: User) -> None:
    page = visit(alice).open("/")
    page.locator(".cm-content").press("Control+End")
    page.keyboard.type("# mine")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == ["beforeunload"]


def test_a_log_follows_until_the_reader_scrolls_up(visit: Visitor, alice: User) -> None:
    page = visit(alice).open("/")
    lines, button = page.locator(".log-lines"), page.locator("[data-log-follow]")
    page.wait_for_function(AT_END)
    lines.evaluate("(log) => { log.scrollTop = 0 }")
    expect(button).to_have_text("Paused")
    button.click()
    expect(button).to_have_text("Following")
    page.wait_for_function(AT_END)


def test_the_sidebar_of_a_phone_opens_and_closes(visit: Visitor, alice: User) -> None:
    page = visit(alice, width=390).open("/")
    overview = page.get_by_role("link", name="Overview")
    expect(overview).not_to_be_visible()
    page.get_by_role("button", name="Menu").click()
    expect(overview).to_be_visible()
    page.keyboard.press("Escape")
    expect(overview).not_to_be_visible()


def test_pages_work_without_scripts(visit: Visitor, alice: User) -> None:
    page = visit(alice, scripts=False).open("/")
    expect(page.locator("#yaml")).to_be_editable()
    page.locator(".chart-twin summary").first.click()
    expect(page.get_by_role("group", name="CPU, as a table")).to_be_visible()
    page.locator(".menu summary").last.click()
    expect(page.locator(".theme-choices")).to_be_visible()
