"""What an answer to an edit leaves alone: focus, half-typed words, folds, where things stand."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import Visit
from tests.browser.editing import TEXT, local, version, wait_for_yaml, write_yaml, yaml_of

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version

__all__ = ["local", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TWO = TEXT.replace(
    "mobula:\n",
    """\
  - name: gpu
    instance_type: 2CPU-4GB
    max_nodes: 2
mobula:
  scaling:
    schedules:
      - group: cpu
        min_nodes: 1
        cron: 0 8 * * mon-fri
        minutes: 60
""",
)


def place_of(locator: Locator) -> tuple[float, float, float]:
    box = locator.bounding_box()
    assert box is not None
    return round(box["x"]), round(box["y"]), round(box["width"])


def test_field_with_an_error_never_moves(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    write_yaml(page, TWO)
    most = page.locator("#id_g1-max_nodes")
    page.locator("#scaling-g1 > summary").click()
    rate = page.locator("#id_g1-threshold")
    page.evaluate("window.scrollTo(0, 300)")
    least = page.locator("#id_g1-min_nodes")
    least.focus()
    before = [place_of(field) for field in (least, most, page.locator("#id_g1-name"))]
    least.press_sequentially("7", delay=30)
    expect(page.locator("#id_g1-max_nodes_error")).to_contain_text("Minimum exceeds maximum")
    after = [place_of(field) for field in (least, most, page.locator("#id_g1-name"))]
    assert after == before
    expect(least).to_be_focused()

    rate.focus()
    stands = place_of(rate)
    page.evaluate("document.querySelector('#id_g0-max_nodes').value = ''")
    rate.press_sequentially("5x", delay=30)
    expect(page.locator("#id_g0-max_nodes_error")).to_be_visible()
    expect(page.locator("#id_g1-threshold.is-invalid")).to_have_value("5x")
    assert place_of(rate) == stands
    page.locator("#scaling-g1 > summary").click()
    page.locator("#id_g1-name").press("End")
    page.locator("#id_g1-name").press_sequentially("s", delay=30)
    wait_for_yaml(page, "name: gpus")
    expect(rate).to_be_hidden()
    assert alices.complaints() == []


def test_removed_group_takes_its_schedules_and_one_click_brings_all_back(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    write_yaml(page, TWO)
    expect(page.locator(".group-row")).to_have_count(2)
    page.locator("#id_g0-name").fill("small")
    wait_for_yaml(page, "- group: small")
    expect(page.locator("#id_s0-group")).to_have_value("small")
    page.get_by_role("button", name="Move down group small").click()
    expect(page.locator(".group-row").first).to_contain_text("gpu")
    page.get_by_role("button", name="Remove group small").click()
    expect(page.locator("#groups-removed")).to_contain_text("Also removed: 1 schedule.")
    expect(page.locator("textarea[name=text]")).not_to_have_value(re.compile(r": small\b"))
    expect(page.locator(".group-row")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    wait_for_yaml(page, "- group: small")
    expect(page.locator(".group-row")).to_have_count(2)
    expect(page.locator("#id_s0-group")).to_have_value("small")
    assert alices.complaints() == []


def test_older_answer_never_undoes_what_was_typed_after_it(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    expect(page.locator(".cm-editor")).to_be_visible()
    sizes = []

    def slow_first(route: Route) -> None:
        sizes.append(len(route.request.post_data or ""))
        if len(sizes) == 1:
            time.sleep(1)
        route.continue_()

    page.route("**/check/", slow_first)
    page.locator("#id_g0-max_nodes").fill("6")
    page.wait_for_timeout(600)
    page.locator("#id_g0-max_nodes").fill("8")
    minutes = page.get_by_label("Terminate when idle (minutes)")
    minutes.press("End")
    minutes.press_sequentially("5", delay=20)
    wait_for_yaml(page, "max_nodes: 8")
    wait_for_yaml(page, "idle_minutes: 305")
    page.wait_for_timeout(800)
    assert "max_nodes: 8" in yaml_of(page)
    expect(minutes).to_have_value("305")
    expect(page.locator("#id_g0-max_nodes")).to_have_value("8")
    assert page.locator("#part-limits").get_attribute("data-stamp")
    assert len(sizes) >= 2
