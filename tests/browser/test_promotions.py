"""From a version to production with two people side by side, as each sees it in a browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.clusters import conftest as paper
from tests.promotions import conftest as promoting

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version
    from promotions.models import ChangeRequest, Environment
    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
type Visitor = Callable[..., Visit]

driver, image, queued, version = paper.driver, paper.image, paper.queued, paper.version
asked, bea, dan, lead = promoting.asked, promoting.bea, promoting.dan, promoting.lead
environments, prod, ask = promoting.environments, promoting.prod, promoting.ask
PICTURES = os.environ.get("MOBULA_PICTURES")  # where to keep what the pages look like
SOON = 15_000


@pytest.fixture
def larger(
    transactional_db: None, prod: Environment, version: Version, bea: User,
    ask: Callable[..., ChangeRequest],
) -> Version:  # fmt: skip
    """A second version, while production has the first one."""
    from promotions.services.approvals import approve
    from tests.promotions.steps import carry_on, changed, finish

    first = carry_on(ask())
    approve(first, digest=first.digest, by=bea)
    finish(carry_on(first))
    return changed(version, find="max_nodes: 4", replace="max_nodes: 8")


def keep(page: Page, name: str) -> None:
    """Keep what the page looks like, in both themes on a desk and on a phone."""
    if not PICTURES:
        return
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.evaluate("(theme) => (document.documentElement.dataset.bsTheme = theme)", theme)
            path = Path(PICTURES) / f"{name}-{width}-{theme}.png"
            page.screenshot(path=path, full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")


def test_one_requests_and_another_opens_the_changes_and_approves_by_keyboard(
    visit: Visitor, larger: Version, alice: User, bea: User
) -> None:
    from promotions.models import ChangeRequest
    from tests.promotions.steps import carry_on, finish

    alices, beas = visit(alice), visit(bea)
    page = alices.open(f"/templates/{larger.template_id}/")
    keep(page, "template")
    page.get_by_role("link", name="Request promotion").first.click()
    page.get_by_label("Environment", exact=True).select_option("prod")
    page.get_by_label("Title").fill("Twice the workers")
    page.get_by_label("Description").fill("The **nightly** run does not finish before six.")
    keep(page, "request")
    page.get_by_role("button", name="Request promotion").click()
    expect(page.get_by_role("heading", name="Twice the workers")).to_be_visible(timeout=SOON)
    change = carry_on(ChangeRequest.objects.latest("pk"))
    expect(page.get_by_text("Needs 1 more approval.").first).to_be_visible(timeout=SOON)
    expect(page.get_by_text("has changed since you opened it")).to_be_visible()

    other = beas.open("/templates/")
    expect(other.get_by_role("link", name="Change requests")).to_contain_text("1 waiting for you")
    other.get_by_role("link", name="Change requests").click()
    expect(other.get_by_role("heading", name="Waiting for your approval")).to_be_visible()
    keep(other, "inbox")
    other.get_by_role("link", name="Review Twice the workers").click()
    approve = other.get_by_role("button", name="Approve", exact=True)
    expect(approve).to_be_disabled()
    expect(other.get_by_text("Open the changes line by line")).to_be_visible()
    keep(other, "review")
    other.locator("#lines > summary").focus()
    other.keyboard.press("Enter")
    expect(approve).to_be_enabled()
    expect(other.locator(".side-changed").first).to_contain_text("max_nodes: 4")
    other.wait_for_timeout(2_500)  # it polls, and stays enabled and open
    expect(approve).to_be_enabled()
    expect(other.locator(".side-changed").first).to_be_visible()
    keep(other, "review-open")
    assert beas.barriers() == []
    approve.focus()
    other.keyboard.press("Enter")
    dialog = other.get_by_role("dialog", name="Approve this change?")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    other.keyboard.type("Seen the price.")
    keep(other, "dialog")
    other.keyboard.press("Tab")
    other.keyboard.press("Tab")
    other.keyboard.press("Enter")
    expect(other.locator("#notices")).to_contain_text("Approved.", timeout=SOON)

    finish(carry_on(change))
    for each in (page, other):
        status = each.get_by_role("region", name="Status")
        expect(status.get_by_text("Done", exact=True)).to_be_visible(timeout=SOON)
        expect(each.get_by_text("Seen the price.")).to_be_visible()
    keep(page, "done")
    page.get_by_role("link", name="train", exact=True).first.click()
    stage = page.locator(".pipeline li", has_text="prod")
    expect(stage).to_contain_text("train:2")
    expect(stage).to_contain_text("Verified")
    keep(page, "template-after")
    assert alices.complaints() == beas.complaints() == []


def test_an_admin_changes_rules_approvers_and_windows(
    visit: Visitor, prod: Environment, lead: User, dan: User
) -> None:
    leads = visit(lead)
    page = leads.open("/environments/")
    keep(page, "environments")
    page.get_by_role("link", name="prod").first.click()
    page.get_by_label("Approvals needed").fill("2")
    page.get_by_role("button", name="Save rules").click()
    expect(page.locator("#notices")).to_contain_text("The rules of prod are saved.", timeout=SOON)
    page.get_by_label("Opens (cron)").fill("0 9 *")
    page.get_by_role("button", name="Add change window").click()
    expect(page.locator("#id_cron_error")).to_be_visible(timeout=SOON)
    page.get_by_label("Opens (cron)").fill("* * * * *")
    page.get_by_label("Changes are").select_option("deny")
    page.get_by_role("button", name="Add change window").click()
    expect(page.get_by_text("Closed now")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name=f"Remove {dan} from leads").click()
    expect(page.locator("#notices")).to_contain_text("no longer an approver", timeout=SOON)
    keep(page, "environment")
    assert leads.barriers() == []
    assert [each for each in leads.complaints() if "422" not in each] == []
