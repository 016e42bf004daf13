"""The editor's section on scaling in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.editing import local, version, wait_for_yaml, yaml_of

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version

__all__ = ["local", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_schedule_is_made_by_hand_and_shows_when_it_opens(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    expect(page.locator("#scaling-schedules > summary")).to_contain_text("none")
    page.locator("#scaling-schedules > summary").click()
    page.get_by_role("button", name="Add schedule").click()
    wait_for_yaml(page, "cron: 0 8 * * mon-fri")
    row = page.locator("#row-s0")
    expect(row.locator(".openings li")).to_have_count(5)
    row.get_by_label("Name").press_sequentially("office hours", delay=40)
    wait_for_yaml(page, "name: office hours")
    row.get_by_label("When").select_option("week")
    wait_for_yaml(page, 'start: "08:00"')
    row.get_by_label("Sat").check()
    wait_for_yaml(page, "- sat")
    row.get_by_label("Time zone").fill("Europe/Berlin")
    expect(row).to_contain_text("Next five windows (Europe/Berlin):")
    assert alices.complaints() == []
    assert alices.barriers() == []
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    assert "schedules" not in yaml_of(page)


def test_mistake_in_a_folded_row_is_unfolded(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    page = visit(alice).open(f"/templates/{version.template_id}/edit/")
    page.locator("#scaling-rules > summary").click()
    page.get_by_role("button", name="Add rule").click()
    page.locator("#id_r0-expression").fill("queu > 10 ? 4 : 0")
    expect(page.locator("#id_r0-expression_error")).to_contain_text("queu is not available here")
    expect(page.locator("#editor-side")).to_contain_text("queu is not available here")
