"""The pages of accounts: sign-in, sessions, users, links; light and dark, wide and narrow."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import AuditEntry, Session, Team, User
from accounts.services import make_sign_in_link
from tests.browser.conftest import Visit, session_of
from tests.cast import make_member

pytestmark = [pytest.mark.browser]

type Visitor = Callable[..., Visit]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def elsewhere(alice: User) -> None:
    """Alice is signed in at two other places."""
    session_of(alice)
    session_of(alice)
    Session.objects.update(user_agent=FIREFOX, address="2001:db8:1234:5678:9abc:def0:1234:5678")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_the_pages_are_accessible_and_keep_the_policy(
    visit: Visitor, adam: User, alice: User, bob: User, elsewhere: None, width: int, theme: str
) -> None:
    adams = visit(adam, width=width, theme=theme)
    paths = ["/accounts/", "/accounts/team/", "/accounts/users/", "/accounts/users/?q=zzz"]
    for path in [*paths, *(f"/accounts/users/{user.pk}/" for user in (alice, adam))]:
        _fits(adams, adams.open(path), width)
    adams.page.goto(adams.address + "/accounts/team/")
    adams.page.get_by_label("Email").fill("dora@example.org")
    adams.page.get_by_role("button", name="Invite").click()
    expect(adams.page.get_by_text("The email address is not verified")).to_be_visible()
    _fits(adams, adams.page, width)
    strangers = visit(None, width=width, theme=theme)
    for path in ["/accounts/sign-in/", make_sign_in_link(bob, by=None)]:
        _fits(strangers, strangers.open(path), width)
    assert (adams.complaints(), strangers.complaints()) == ([], [])


def _fits(visit: Visit, page: Page, width: int) -> None:
    assert visit.barriers() == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def test_sessions_are_signed_out_by_keyboard(visit: Visitor, alice: User, elsewhere: None) -> None:
    page = visit(alice).open("/accounts/")
    rows = page.get_by_role("group", name="Sessions").locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="This session")).to_have_count(1)
    page.get_by_role("button", name="Sign out Firefox on Linux").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Signed out Firefox on Linux.")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Sign out everywhere else").press("Enter")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("button", name="Sign out everywhere else")).to_have_count(0)


def test_an_open_page_of_a_deactivated_user_goes_to_the_sign_in(
    visit: Visitor, adam: User, alice: User, research: Team
) -> None:
    hers, his = visit(alice), visit(adam)
    open_page = hers.open("/clusters/")
    page = his.open(f"/accounts/users/{alice.pk}/")
    page.get_by_label("Reason").fill("Left the company.")
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("button", name="Activate")).to_be_visible()
    open_page.get_by_role("searchbox").first.fill("night")
    open_page.wait_for_url("**/accounts/sign-in/?next=**")
    expect(open_page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert AuditEntry.objects.get(action="user.deactivated").reason == "Left the company."
    page.get_by_label("Reason").fill("Is back.")
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("button", name="Deactivate")).to_be_visible()


def test_a_click_on_a_request_shows_what_it_did(
    visit: Visitor, adam: User, alice: User, research: Team
) -> None:
    page = visit(adam).open(f"/accounts/users/{alice.pk}/")
    page.get_by_label("Reason").fill("Left the company.")
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("button", name="Activate")).to_be_visible()
    page.get_by_role("link", name="History").click()
    row = page.get_by_role("row", name="Left the company.")
    expect(row).to_contain_text("127.0.0.1")
    entry = AuditEntry.objects.get(action="user.deactivated")
    row.get_by_role("link", name=f"Request {entry.request_id[:8]}").click()
    expect(page.get_by_role("textbox", name="Request ID")).to_have_value(entry.request_id)
    expect(page.get_by_role("group", name="Entries").get_by_role("row")).to_have_count(2)
    with page.expect_download() as started:
        page.get_by_role("link", name="JSON Lines").click()
    lines = started.value.path().read_text().splitlines()
    assert [json.loads(line)["reason"] for line in lines] == ["Left the company."]


def test_users_are_searched(visit: Visitor, adam: User, research: Team) -> None:
    for number in range(55):
        make_member(f"member{number:02}", team=research, role="viewer")
    page = visit(adam).open("/accounts/users/")
    expect(page.get_by_role("heading", name="56 users")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Member54")).to_be_visible()
    page.get_by_role("textbox", name="Email or name").fill("member07")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Member07").click()
    expect(page.get_by_role("heading", name="Member07")).to_be_visible()
    expect(page.get_by_role("group", name="Teams")).to_contain_text("Viewer")
