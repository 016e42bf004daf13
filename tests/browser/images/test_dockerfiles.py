"""A Dockerfile in a browser: highlighted, checked, fixed; and the log of its build as it comes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.edge.conftest import server, session, web

if TYPE_CHECKING:
    from accounts.models import Team, User
    from images.models import Build
    from tests.browser.conftest import Visit
    from tests.edge.attacks import Server

__all__ = ["server", "session", "web"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BASE = "rayproject/ray:2.50.0-py312"


@pytest.fixture
def build(research: Team, alice: User) -> Build:
    from images.models import Build, Image, ImageVersion

    image = Image.objects.create(name="train", team=research)
    version = ImageVersion.objects.create(
        image=image, number=1, source="dockerfile", state="building", dockerfile="FROM a:1\n"
    )
    return Build.objects.create(version=version, attempt=1, asked_by=alice, state="running")


def text_of(page: Page) -> str:
    return page.locator("textarea[name=dockerfile]").input_value()


def test_a_dockerfile_is_highlighted_and_its_problems_are_fixed_by_a_click(
    visit: Callable[..., Visit], alice: User
) -> None:
    alices = visit(alice)
    page = alices.open("/images/new/")
    editor = page.locator(".editor .cm-content")
    editor.click()
    page.keyboard.insert_text(f"FROM {BASE}\nENTRYPOINT python\nUSER root")
    problems = page.locator("#dockerfile-problems")
    problems.get_by_text("ENTRYPOINT runs in place").wait_for()
    keyword = editor.locator("span", has_text=re.compile("^FROM$")).first
    expect(keyword).to_be_visible()
    assert keyword.evaluate("(one) => getComputedStyle(one).color") != editor.evaluate(
        "(one) => getComputedStyle(one).color"
    )
    expect(page.locator(".editor .cm-lintRange-error").first).to_have_text("ENTRYPOINT python")
    problems.get_by_role("button", name="Fix: Remove ENTRYPOINT").click()
    expect(problems.get_by_text("ENTRYPOINT runs in place")).to_have_count(0)
    assert text_of(page) == f"FROM {BASE}\n\nUSER root"
    problems.get_by_role("button", name="Fix: Add USER ray").click()
    expect(editor).to_contain_text("USER ray")
    page.get_by_role("textbox", name="Dockerfile").focus()
    page.keyboard.press("Control+z")
    expect(editor).not_to_contain_text("USER ray")
    problems.get_by_role("button", name="Fix: Add USER ray").click()  # again, after an undo
    expect(editor).to_contain_text("USER ray")
    assert text_of(page) == f"FROM {BASE}\n\nUSER root\nUSER ray"
    assert alices.complaints() == []


def watching(chromium: Browser, server: Server, session: Mapping[str, str], build: Build) -> Page:
    context = chromium.new_context()
    context.add_cookies(
        [{"name": name, "value": value, "url": server.url} for name, value in session.items()]
    )
    page = context.new_page()
    page.goto(f"{server.url}/images/builds/{build.pk}/", wait_until="domcontentloaded")
    return page


def test_lines_of_a_log_appear_as_they_are_written_and_also_without_the_stream(
    chromium: Browser, server: Server, session: Mapping[str, str], build: Build
) -> None:
    from images.building.log import LogWriter

    log = LogWriter(build)
    log.say("first line")
    page = watching(chromium, server, session, build)
    lines = page.locator("#build-log-lines > span")
    expect(lines).to_have_text(["first line"])
    expect(page.locator("[data-build-stream]")).to_have_count(1)
    page.wait_for_timeout(1_500)
    began = time.monotonic()
    log.say("STEP 1/1: <img src=x onerror=alert(1)> \x1b[31mred\x1b[0m")
    expect(lines).to_have_text(["first line", "STEP 1/1: <img src=x onerror=alert(1)> red"])
    assert time.monotonic() - began < 3.0
    assert page.locator("#build-log-lines img").count() == 0
    page.get_by_text("1 of 1").wait_for()  # what else changed comes with the page

    polling = watching(chromium, server, session, build)
    polling.context.route("**/stream/**", lambda route: route.abort())
    polling.reload(wait_until="domcontentloaded")
    log.say("third line")
    expect(polling.locator("#build-log-lines > span").last).to_have_text(
        "third line", timeout=9_000
    )
    expect(lines).to_have_count(3)

    type(build).objects.filter(pk=build.pk).update(state="failed", reason="It broke.")
    page.get_by_text("It broke.").wait_for()
    polling.get_by_text("It broke.").wait_for()
    expect(page.locator("[data-build-stream]")).to_have_count(0)
