"""What makes a long form short: a search for settings, the focus beside rows, a bar on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.editing import AWS_TEXT, local, on_aws, version, wait_for_yaml, write_yaml

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version

__all__ = ["local", "on_aws", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_new_group_begins_at_zero_nodes_with_its_name_to_type(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    page.get_by_role("button", name="Add group").click()
    name = page.locator("#id_g1-name")
    expect(name).to_be_focused()
    page.keyboard.type("trainers")
    wait_for_yaml(page, "- name: trainers")
    expect(name).to_be_focused()
    expect(page.locator("#id_g1-min_nodes")).to_have_value("0")
    page.get_by_role("button", name="Duplicate group trainers").click()
    expect(page.locator(".group-row").nth(2).get_by_label("Name")).to_be_focused()
    page.get_by_role("button", name="Remove group trainers", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Remove group trainers-2")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove group cpu")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Add group")).to_be_focused()
    expect(page.get_by_text("No worker groups")).to_be_visible()
    assert alices.complaints() == []


def test_setting_is_found_by_its_words_wherever_it_is_folded(
    visit: Callable[..., Visit], alice: User, on_aws: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{on_aws.template_id}/edit/")
    page.keyboard.press("/")
    search = page.get_by_label("Find a setting")
    expect(search).to_be_focused()
    page.keyboard.type("fallback types")
    expect(page.locator("#id_g0-fallback_types")).to_be_visible()
    expect(page.locator("#section-basics")).to_be_hidden()
    expect(page.locator("#find-setting-count")).to_have_text("1 setting")
    page.keyboard.press("Enter")
    expect(page.locator("#id_g0-fallback_types")).to_be_focused()
    page.keyboard.type("g6.xlarge")
    wait_for_yaml(page, "- g6.xlarge")
    expect(page.locator("#id_g0-fallback_types_helptext")).to_contain_text("1 L4")
    expect(page.locator("#section-basics")).to_be_hidden()
    assert alices.barriers() == []
    search.fill("no such thing")
    expect(page.locator("#find-setting-count")).to_have_text("No matching settings")
    search.press("Escape")
    expect(search).to_have_value("")
    expect(page.locator("#section-basics")).to_be_visible()
    expect(page.locator("#id_g0-fallback_types")).to_be_hidden()
    assert alices.complaints() == []


def test_phone_keeps_problems_price_and_save_in_reach(
    visit: Callable[..., Visit], alice: User, on_aws: Version
) -> None:
    alices = visit(alice, width=390, theme="dark")
    page = alices.open(f"/templates/{on_aws.template_id}/edit/")
    page.locator("#view-yaml").check(force=True)
    write_yaml(page, AWS_TEXT)
    page.locator("#view-form").check(force=True)
    bar = page.locator("#editor-bar")
    expect(bar).to_be_in_viewport()
    expect(bar.get_by_role("link", name="1 problem")).to_be_visible()
    expect(bar.get_by_role("link", name="/h")).to_be_visible()
    most = page.locator("#id_g0-max_nodes")
    most.focus()
    assert most.bounding_box()["y"] < bar.bounding_box()["y"]  # type: ignore[index]
    bar.get_by_role("link", name="problem").click()
    page.get_by_role("button", name="Set to SPOT").click()
    wait_for_yaml(page, "market_type: SPOT")
    expect(page.locator("#id_g0-size_helptext")).to_contain_text("8 vCPU, 32 GiB, 1 A10G")
    expect(page.locator("#editor-price")).to_contain_text("List price, ")
    most.fill("6")
    wait_for_yaml(page, "max_nodes: 6")
    page.get_by_label("Message").fill("More workers.")
    bar.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="gpus:2", exact=True)).to_be_visible()
    assert alices.complaints() == []


def test_environments_and_the_preference_order_are_edited_in_rows_by_keyboard(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    page.locator("#scaling-environments > summary").press("Enter")
    page.get_by_role("button", name="Add environment").press("Enter")
    expect(page.locator("#id_e0-name")).to_be_focused()
    page.get_by_role("button", name="Add group override in dev").press("Enter")
    expect(page.locator("#id_v0-group")).to_have_value("cpu")
    page.locator("#id_v0-max_nodes").fill("1")
    wait_for_yaml(page, "dev:\n      worker_nodes:\n        - name: cpu\n          max_nodes: 1")
    page.get_by_role("button", name="Duplicate group cpu").press("Enter")
    expect(page.locator("#id_g1-name")).to_be_focused()
    page.locator("#scaling-ranks > summary").press("Enter")
    for count in (1, 2):
        page.get_by_role("button", name="Add preferred group").press("Enter")
        expect(page.locator("#scaling-ranks [id$='-group']")).to_have_count(count)
    page.get_by_role("button", name="Move up Preferred group 2").press("Enter")
    wait_for_yaml(page, "- cpu-2\n          - cpu")
    assert alices.barriers() == []
    assert alices.complaints() == []
