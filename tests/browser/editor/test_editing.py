"""The template editor in a real browser: form and YAML follow each other while somebody types."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.editing import TEXT, local, version, wait_for_yaml, write_yaml, yaml_of

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version

__all__ = ["local", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_newcomer_saves_the_defaults(visit: Callable[..., Visit], alice: User, local: None) -> None:
    alices = visit(alice)
    page = alices.open("/templates/new/")
    expect(page.locator(".cm-editor")).to_be_visible()
    page.clock.install()
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("heading", name="starter")).to_be_visible()
    expect(page.get_by_role("link", name="Launch", exact=True)).to_be_visible()
    page.clock.fast_forward("01:00")  # what leads on waits to be read
    page.locator("#notices").get_by_role("link", name="Request promotion").click()
    expect(page.get_by_role("heading", name="Request promotion of starter:1")).to_be_visible()
    assert alices.complaints() == []


def test_form_and_yaml_follow_each_other_and_the_cursor_stays(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    expect(page.locator(".cm-editor")).to_be_visible()
    most = page.get_by_label("Max", exact=True)
    most.fill("6")
    wait_for_yaml(page, "max_nodes: 6")
    expect(most).to_be_focused()
    expect(page.locator("#editor-side")).to_contain_text("Maximum nodes: 4 → 6")
    assert "# the smallest" in yaml_of(page)

    page.locator("#more-g0 > summary").click()
    resources = page.locator("#id_g0-resources")
    resources.press_sequentially("CPU=2, special=3", delay=60)
    wait_for_yaml(page, "special: 3")
    expect(resources).to_have_value("CPU=2, special=3")

    write_yaml(page, TEXT.replace("max_nodes: 4", "max_nodes: 9"))
    expect(most).to_have_value("9")
    expect(resources).to_have_value("")
    page.keyboard.press("End")
    page.keyboard.type("  # typed on")
    page.locator("#id_g0-size").select_option("4CPU-8GB")
    wait_for_yaml(page, "instance_type: 4CPU-8GB")
    write_yaml(page, TEXT)
    expect(page.locator("#id_g0-size")).to_have_value("2CPU-4GB")
    assert alices.complaints() == []


def test_problems_show_in_both_views_and_lead_there(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    page.get_by_label("Min", exact=True).fill("7")
    field = page.locator("#id_g0-max_nodes_error")
    expect(field).to_have_text(
        "Minimum exceeds maximum (7 > 4). Raise `max_nodes` to 7 or lower `min_nodes`."
    )
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    page.locator("#editor-side").get_by_role("link", name="Field").click()
    expect(page.get_by_label("Max", exact=True)).to_be_focused()
    page.get_by_label("Form", exact=True).check(force=True)
    expect(page.locator(".cm-editor")).to_be_hidden()
    page.get_by_role("link", name="Line 8").click()
    expect(page.locator(".cm-editor.cm-focused")).to_be_visible()
    assert alices.barriers() == []

    write_yaml(page, "head_node: [")
    page.get_by_label("Split", exact=True).check(force=True)
    expect(page.locator(".notice", has_text="The YAML has errors")).to_be_visible()
    page.get_by_role("button", name="Save version").click()
    expect(page.locator(".notice", has_text="The YAML has errors")).to_be_visible()
    assert yaml_of(page).startswith("head_node: [")
    assert [words for words in alices.complaints() if "422" not in words] == []


def test_groups_are_added_copied_and_removed(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    page.get_by_role("button", name="Add group").click()
    expect(page.locator(".group-row")).to_have_count(2)
    wait_for_yaml(page, "- name: workers")
    page.get_by_role("button", name="Duplicate group cpu").click()
    wait_for_yaml(page, "- name: cpu-2")
    page.get_by_role("button", name="Remove group workers").click()
    expect(page.locator(".group-row")).to_have_count(2)
    page.get_by_label("Autoscaling").uncheck()
    expect(page.get_by_label("Nodes", exact=True).first).to_have_value("1")
    wait_for_yaml(page, "autoscaling: false")
    assert alices.complaints() == []


def test_second_of_two_who_edit_chooses_and_saves(
    visit: Callable[..., Visit], alice: User, version: Version
) -> None:
    from configurations.services.templates import save_version

    alices = visit(alice)
    page = alices.open(f"/templates/{version.template_id}/edit/")
    page.get_by_label("Max", exact=True).fill("6")
    wait_for_yaml(page, "max_nodes: 6")
    theirs = TEXT.replace("max_nodes: 4", "max_nodes: 5").replace("30", "10")
    save_version(version.template, text=theirs, base=1, message="Theirs.", by=alice)
    page.get_by_label("Message").fill("Mine.")
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "saved train:2 while you were editing"
    )
    assert alices.barriers_in_each_view() == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Continue with merged result").click()
    expect(page.get_by_label("Max", exact=True)).to_have_value("5")
    expect(page.get_by_label("Terminate when idle (minutes)")).to_have_value("10")
    page.get_by_label("Max", exact=True).fill("8")
    wait_for_yaml(page, "max_nodes: 8")
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("train")
    expect(page.get_by_role("link", name="train:3", exact=True)).to_be_visible()
    assert [words for words in alices.complaints() if "409" not in words] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_of_templates_have_no_barriers(
    visit: Callable[..., Visit], alice: User, version: Version, theme: str, width: int
) -> None:
    from configurations.services.templates import save_version

    text = TEXT.replace("max_nodes: 4", "max_nodes: 8")
    save_version(version.template, text=text, base=1, message="More workers.", by=alice)
    alices = visit(alice, width=width, theme=theme)
    own = f"/templates/{version.template_id}"
    for path in ("/templates/", f"{own}/", f"{own}/edit/", f"{own}/versions/2/?with=1"):
        page = alices.open(path)
        assert alices.barriers() == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert alices.complaints() == []
