"""The people of the journey, each with a browser window and a session for what scripts do."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit, watched
from tests.e2e.stack import Console

PASSWORD = "a long password for one journey"
# Waited for only where something is wrong, or the machine is very busy.
PATIENCE_MS = 300_000
WINDOW = {"width": 1280, "height": 800}
NEW = """
from accounts.models import Membership, Team, User
user = User.objects.create_user({email!r}, {password!r}, name={name!r})
Membership.objects.create(user=user, team=Team.objects.get(), role={role!r})
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the team. `visit` is their window, `console` their session without one."""

    name: str
    visit: Visit
    console: Console

    @property
    def page(self) -> Page:
        """What the window shows."""
        return self.visit.page

    def open(self, path: str) -> Page:
        """Load a page of the product."""
        return self.visit.open(path)

    def accessible(self) -> None:
        """Fail where axe finds barriers on the page."""
        assert self.visit.barriers() == [], self.page.url


def address_of(name: str) -> str:
    """Return the address that somebody signs in with."""
    return f"{name.lower()}@example.org"


def make_people(mobula: Console, roles: dict[str, str]) -> None:
    """Give the installation's team these members, who sign in with `PASSWORD`."""
    parts = [
        NEW.format(email=address_of(name), password=PASSWORD, name=name, role=role)
        for name, role in roles.items()
    ]
    mobula.python("".join(parts))


def sign_in(browser: Browser, mobula: Console, name: str) -> Person:
    """Return somebody who has signed in through the form, in a window of their own."""
    context = browser.new_context(viewport=WINDOW, color_scheme="light", reduced_motion="reduce")
    visit = watched(context, mobula.url)
    page = visit.open("/")
    page.get_by_label("Email").fill(address_of(name))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Clusters", exact=True).first).to_be_visible()
    return Person(name, visit, mobula.seen_by(address_of(name), PASSWORD))
