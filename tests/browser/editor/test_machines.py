"""Machines in the template editor, in a real browser: their types, settings and mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.editing import AWS_TEXT, local, on_aws, wait_for_yaml, write_yaml, yaml_of

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version

__all__ = ["local", "on_aws"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_machine_type_is_chosen_by_keyboard(
    visit: Callable[..., Visit], alice: User, on_aws: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{on_aws.template_id}/edit/")
    page.locator("#row-g0 [data-pick-for]").click()
    page.get_by_role("dialog").get_by_label("GPU model").select_option("L4")
    first = page.locator("#picker [data-choose]").first
    expect(first).to_have_text(re.compile("g6"))
    page.locator("#picker [data-choose='g6.xlarge']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#id_g0-size")).to_have_value("g6.xlarge")
    wait_for_yaml(page, "instance_type: g6.xlarge")
    assert alices.complaints() == []


def test_one_click_mends_a_mistake_and_the_draft_survives_the_page(
    visit: Callable[..., Visit], alice: User, on_aws: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{on_aws.template_id}/edit/")
    write_yaml(page, AWS_TEXT)
    page.get_by_role("button", name="Set to SPOT").click()
    wait_for_yaml(page, "market_type: SPOT")
    expect(page.locator("#draft-state")).to_be_visible()
    page.locator("[name=idle_minutes]").fill("7")
    wait_for_yaml(page, "idle_minutes: 7")
    page.wait_for_load_state("networkidle")
    page = alices.open("/templates/")
    page.get_by_role("link", name="Draft of gpus").click()
    expect(page.locator("[name=idle_minutes]")).to_have_value("7")
    assert alices.complaints() == []


def test_what_is_folded_out_stays_so_while_somebody_types(
    visit: Callable[..., Visit], alice: User, on_aws: Version
) -> None:
    page = visit(alice).open(f"/templates/{on_aws.template_id}/edit/")
    page.locator("#more-g0 > summary").click()
    page.locator("#id_g0-labels").fill("stage=train")
    wait_for_yaml(page, "stage: train")
    expect(page.locator("#id_g0-labels")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_editor_picker_and_machines_have_no_barriers(
    visit: Callable[..., Visit], alice: User, on_aws: Version, width: int, theme: str
) -> None:
    alices = visit(alice, width=width, theme=theme)
    page = alices.open(f"/templates/{on_aws.template_id}/edit/")
    page.locator("#more-g0 > summary").click()
    assert alices.barriers() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#row-g0 [data-pick-for]").click()
    expect(page.locator("#picker [data-choose]").first).to_be_visible()
    assert alices.barriers() == []
    for address in (
        "/machines/?cloud=prod&gpu_model=A10G&units=8",
        "/machines/?cloud=prod&market=spot",
        "/images/?cuda=cuda",
        "/clouds/",
        "/clusters/launch/",
    ):
        page = alices.open(address)
        assert alices.barriers() == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert alices.complaints() == []


def test_machine_settings_of_aws_are_typed_into_fields(
    visit: Callable[..., Visit], alice: User, on_aws: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{on_aws.template_id}/edit/")
    machines = page.locator("#section-machines")
    for group in ("Network", "Disk 1", "Tags"):
        machines.locator("summary", has_text=group).click()
    page.locator("#id_set-subnet").fill("subnet-0a1b2c3d")
    wait_for_yaml(page, "SubnetId: subnet-0a1b2c3d")
    page.locator("#id_set-disk0_device").fill("/dev/sda1")
    page.locator("#id_set-disk0_size").fill("200")
    page.locator("#id_set-disk0_type").select_option("gp3")
    wait_for_yaml(page, "VolumeType: gp3")
    expect(page.locator("#id_set-disk0_size")).to_be_visible()
    expect(machines.locator("summary", has_text="Disk 2")).to_be_visible()
    tags = page.locator("#id_set-instance_tags")
    tags.press_sequentially("team=research, stage=train", delay=40)
    wait_for_yaml(page, "Value: train")
    expect(tags).to_be_focused()
    expect(tags).to_have_value("team=research, stage=train")
    expect(page.locator("#id_block")).to_have_value("")
    assert "VolumeSize: 200" in yaml_of(page)
    assert "# one A10G" in yaml_of(page)
    page.locator("#more-g0 > summary").click()
    page.locator("#more-g0 summary", has_text="Access").click()
    page.locator("#id_g0-set-key_pair").fill("debug")
    wait_for_yaml(page, "KeyName: debug")
    write_yaml(page, yaml_of(page).replace("KeyName: debug", "KeyName: other"))
    expect(page.locator("#id_g0-set-key_pair")).to_have_value("other")
    assert alices.barriers() == []
    assert alices.complaints() == []
