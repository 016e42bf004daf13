"""The template editor in a real browser: form and YAML follow each other while somebody types."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

if TYPE_CHECKING:
    from accounts.models import Team, User
    from configurations.models import Version

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = """\
cloud: local
head_node:
  instance_type: 1CPU-2GB  # the smallest
worker_nodes:
  - name: cpu
    instance_type: 2CPU-4GB
    min_nodes: 0
    max_nodes: 4
mobula:
  idle_minutes: 30
"""


@pytest.fixture
def local(db: None) -> None:
    """This machine as a cloud with a rate card and a Ray."""
    from clouds.bootstrap import bootstrap
    from images.bootstrap import register
    from metering.bootstrap import bootstrap as price

    bootstrap()
    price()
    register("local-ray", ray_version="2.60.0", location="/opt/ray/bin/ray")


@pytest.fixture
def version(local: None, alice: User, research: Team) -> Version:
    """alice's template `train`, version 1."""
    from configurations.services.templates import create_template

    return create_template(team=research, name="train", text=TEXT, message="First.", by=alice)


def yaml_of(page: Page) -> str:
    return page.locator("textarea[name=text]").input_value()


def wait_for_yaml(page: Page, words: str) -> None:
    expect(page.locator("textarea[name=text]")).to_have_value(re.compile(re.escape(words)))


def write_yaml(page: Page, text: str) -> None:
    """Replace all of the YAML as somebody who pastes."""
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def test_newcomer_saves_the_defaults(visit: Callable[..., Visit], alice: User, local: None) -> None:
    alices = visit(alice)
    page = alices.open("/templates/new/")
    expect(page.locator(".cm-editor")).to_be_visible()
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("heading", name="starter")).to_be_visible()
    expect(page.get_by_role("link", name="Launch", exact=True)).to_be_visible()
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
    page.get_by_label("Scale the groups by demand").uncheck()
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
    assert alices.barriers() == []
    page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Continue with merged result").click()
    expect(page.get_by_label("Max", exact=True)).to_have_value("5")
    expect(page.get_by_label("Terminate when idle (minutes)")).to_have_value("10")
    page.get_by_label("Max", exact=True).fill("8")
    wait_for_yaml(page, "max_nodes: 8")
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("train")
    expect(page.get_by_role("link", name="train:3")).to_be_visible()
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


AWS_TEXT = """\
cloud: prod
head_node:
  instance_type: m5.2xlarge
worker_nodes:
  - name: gpu
    instance_type: g5.2xlarge  # one A10G
    market_type: spot
    max_nodes: 4
zones: [us-west-2a]
mobula:
  idle_minutes: 30
"""


@pytest.fixture
def on_aws(local: None, alice: User, research: Team) -> Version:
    """alice's template `gpus` for a cloud on AWS, with a mistake that one click mends."""
    from clouds.models import Cloud
    from configurations.services.templates import create_template

    Cloud.objects.create(name="prod", provider="aws", region="us-west-2")
    text = AWS_TEXT.replace("market_type: spot", "market_type: SPOT")
    return create_template(team=research, name="gpus", text=text, message="First.", by=alice)


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
