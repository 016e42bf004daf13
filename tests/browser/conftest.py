"""A real Chromium, signed in as one of the cast, that reports everything it complains about."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

# Read before Django has its settings: models are imported when first used.
if TYPE_CHECKING:
    from accounts.models import Team, User

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
# What differs between the themes and between the widths; all the rest is the same in each.
COLORS = ("color-contrast", "link-in-text-block")
SPACE = ("scrollable-region-focusable", "target-size", "region", *COLORS)
WIDTHS = {1440: (), 390: SPACE}
# Reported by the page itself, since some of these never reach the console.
WATCH_POLICY = """
window.policyFindings = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.policyFindings.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@dataclass
class Visit:
    """A page of the product in the browser, with what went wrong on it."""

    page: Page
    address: str
    findings: list[str] = field(default_factory=list)
    status: int = 0  # of the last answer

    def open(self, path: str) -> Page:
        """Load `path` and wait until it is quiet."""
        answer = self.page.goto(self.address + path, wait_until="networkidle")
        self.status = answer.status if answer else 0
        return self.page

    def complaints(self) -> list[str]:
        """Return the console's errors, scripts' exceptions and policy violations so far."""
        return self.findings + self.page.evaluate("window.policyFindings")

    def barriers(self, *rules: str) -> list[str]:
        """Return what axe finds moderate or worse on the page, as rule and place.

        With `rules` only those are tried.
        """
        # By the debugger, not by a <script>: the page's policy would rightly refuse that.
        if not self.page.evaluate("typeof axe !== 'undefined'"):
            self.page.evaluate(AXE.read_text())
        options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
        found = self.page.evaluate(
            "(options) => axe.run(options).then((result) => result.violations)", options
        )
        return [
            f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][-160:]}"
            for rule in found
            if rule["impact"] in {"moderate", "serious", "critical"}
            for node in rule["nodes"]
        ]

    def barriers_in_each_view(self) -> list[str]:
        """Return what axe finds in each theme, wide and narrow; the page ends narrow and light."""
        found = []
        for width, rules in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": 900})
            found += [f"{width} {barrier}" for barrier in self.barriers(*rules)]
            self.switch("dark")
            found += [f"{width} dark {barrier}" for barrier in self.barriers(*COLORS)]
            self.switch("light")
        return found

    def switch(self, theme: str) -> None:
        """Show the page in a theme, "light" or "dark"."""
        self.page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, for the tests of one module: its loop would be in the way of all others."""
    with sync_playwright() as playwright:
        # The browser's loop makes Django believe that the tests' own queries run inside it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        installed = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        yield browser
        browser.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def patience() -> Iterator[None]:
    """Let pages take their time: the machine runs workers and Ray beside the browser."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)  # as it is by default


@pytest.fixture
def visit(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[..., Visit]]:
    """A function that signs somebody in with a window of a given width and theme."""
    contexts = []

    def sign_in(
        user: User | None, *, team: Team | None = None, width: int = 1440, theme: str = "light",
        scripts: bool = True,
    ) -> Visit:  # fmt: skip
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        if user is not None:
            session = {"name": settings.SESSION_COOKIE_NAME, "value": session_of(user, team)}
            context.add_cookies([session | {"url": live_server.url}])
        return watched(context, live_server.url)

    yield sign_in
    for context in contexts:
        context.close()


def watched(context: BrowserContext, address: str) -> Visit:
    """Return a new window that notes everything its pages complain about."""
    page = context.new_page()
    page.add_init_script(WATCH_POLICY)
    visit = Visit(page, address)
    page.on("console", lambda message: _note(visit, message.type, message.text))
    page.on("pageerror", lambda error: visit.findings.append(str(error)))
    return visit


def _note(visit: Visit, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        visit.findings.append(f"{kind}: {text}")


def session_of(user: User, team: Team | None = None) -> str:
    """Return the key of a new session in which `user` is signed in and looks at `team`."""
    from accounts.queries import TEAM_IN_SESSION
    from accounts.sessions import SessionStore

    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    if team is not None:
        session[TEAM_IN_SESSION] = team.pk
    session.create()
    return session.session_key
