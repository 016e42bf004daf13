"""Versions, the library, import and export in a real browser: a way through, and no barriers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.editing import AWS_TEXT, local, on_aws

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version

__all__ = ["local", "on_aws"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RAY_UP = """\
cluster_name: theirs
provider: {type: aws, region: us-west-2}
setup_commands: [echo]
head_node_type: head
available_node_types:
  head: {node_config: {InstanceType: m5.2xlarge}}
  gpu: {node_config: {InstanceType: g5.2xlarge}, max_workers: 3}
"""


@pytest.fixture
def second(on_aws: Version, alice: User) -> Version:
    """Version 2 of alice's template: another head, for a reason."""
    from configurations.services.templates import save_version

    text = AWS_TEXT.replace("market_type: spot", "market_type: PREFER_SPOT")
    text = text.replace("m5.2xlarge", "m5.4xlarge")
    saved = save_version(
        on_aws.template,
        text=text,
        base=1,
        message="A larger head.",
        rationale="The head **ran out** of memory.",
        by=alice,
    )
    return saved.version


def test_configuration_of_ray_up_becomes_a_version(
    visit: Callable[..., Visit], alice: User, on_aws: Version
) -> None:
    alices = visit(alice)
    page = alices.open("/templates/import/")
    page.get_by_label("Or paste YAML").fill(RAY_UP)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Kept as notes")).to_be_visible()
    expect(page.locator("#id_cloud")).to_have_value("prod")
    assert alices.barriers() == []
    page.get_by_role("button", name="Open as draft").click()
    expect(page.locator("#id_g0-size")).to_have_value("g5.2xlarge")
    expect(page.locator("#id_cloud")).to_have_value("prod")
    expect(page.locator("textarea[name=text]")).to_have_value(containing("cloud: prod"))
    page.get_by_label("Template name").fill("theirs")
    page.get_by_label("Message").fill("From ray up.")
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("heading", name="theirs")).to_be_visible()
    expect(page.get_by_role("link", name="Launch").first).to_be_visible()
    page.get_by_role("link", name="theirs:1", exact=True).click()
    expect(page.get_by_text("RUN echo")).to_be_visible()
    assert alices.complaints() == []


def test_clone_offers_the_nearest_gpu_and_says_what_differs(
    visit: Callable[..., Visit], alice: User, on_aws: Version
) -> None:
    from tests.cast import make_cloud

    make_cloud("google", provider="gcp", region="us-central1")
    alices = visit(alice)
    page = alices.open(f"/templates/{on_aws.template_id}/versions/1/clone/?cloud=google")
    choice = page.get_by_label("Machine of gpu on google")
    expect(choice).to_have_value("g2-standard-8")
    expect(choice).to_contain_text("1 × L4 (24 GiB) instead of 1 × A10G")
    page.get_by_role("button", name="Open clone as draft").click()
    expect(page.locator("#id_g0-size")).to_have_value("g2-standard-8")
    assert alices.complaints() == []


def containing(words: str) -> re.Pattern[str]:
    return re.compile(re.escape(words))


def test_earlier_version_is_compared_and_restored(
    visit: Callable[..., Visit], alice: User, second: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/templates/{second.template_id}/versions/2/?with=1")
    expect(page.get_by_text("Recreate.", exact=True)).to_be_visible()
    page = alices.open(f"/templates/{second.template_id}/versions/1/")
    page.get_by_role("button", name="Restore as draft").click()
    expect(page.get_by_text("Restored from gpus:1.")).to_be_visible()
    expect(page.locator("#id_head-size")).to_have_value("m5.2xlarge")
    assert alices.complaints() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pages_of_versions_and_formats_have_no_barriers(
    visit: Callable[..., Visit], alice: User, second: Version, width: int, theme: str
) -> None:
    alices = visit(alice, width=width, theme=theme)
    own = f"/templates/{second.template_id}/"
    for address in (
        own,
        f"{own}versions/2/?with=1",
        f"{own}versions/2/export/?to=kuberay",
        f"{own}versions/2/clone/?cloud=prod",
        "/templates/library/",
        "/templates/import/",
    ):
        page = alices.open(address)
        assert alices.barriers() == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert alices.complaints() == []
