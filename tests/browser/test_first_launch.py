"""From an empty installation to a cluster, in a real browser: no template, no cluster yet."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.clusters import conftest as paper
from tests.clusters.conftest import TEXT

if TYPE_CHECKING:
    from accounts.models import Team, User
    from configurations.models import Version
    from images.models import ImageVersion
    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
type Visitor = Callable[..., Visit]

driver, image, queued, version = paper.driver, paper.image, paper.queued, paper.version
PASSWORD = "a mobula leaps from the water"
PICTURES = os.environ.get("MOBULA_PICTURES")  # where to keep what the pages look like


@pytest.fixture
def new(transactional_db: None, image: ImageVersion, queued: list[str], research: Team) -> None:
    """What an installation has at its first start: this machine for a team, and a Ray."""
    from clouds.bootstrap import bootstrap
    from clouds.models import Cloud

    bootstrap()
    Cloud.objects.get(name="local").teams.add(research)


@pytest.fixture
def serve(research: Team, alice: User, version: Version) -> Version:
    """A second template, `serve`."""
    from configurations.services.templates import create_template

    return create_template(team=research, name="serve", text=TEXT, message="First.", by=alice)


def keep(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def sign_in(page: Page, user: User) -> None:
    user.set_password(PASSWORD)
    user.save()
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_newcomer_launches_the_quick_start(
    new: None, visit: Visitor, alice: User, scripts: bool
) -> None:
    alices = visit(None, scripts=scripts)
    page = alices.open("/")
    sign_in(page, alice)
    page.get_by_role("link", name="Launch cluster").click()
    page.get_by_role("button", name="Use this template Quick start").click()
    expect(page.get_by_label("Cluster name")).to_have_value("local-quick-start")
    expect(page.get_by_label("Configuration")).to_contain_text("local-quick-start:1")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("heading", name="local-quick-start", exact=True)).to_be_visible()
    if scripts:  # the page cannot be asked without
        assert alices.complaints() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_launch_page_is_accessible_before_and_after_the_first_template(
    new: None, visit: Visitor, alice: User, theme: str, width: int
) -> None:
    alices = visit(alice, width=width, theme=theme)
    page = alices.open("/clusters/launch/")
    for name in ("library", "form", "error"):
        keep(page, f"launch-{name}-{theme}-{width}")
        assert alices.barriers() == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if name == "library":
            page.get_by_role("button", name="Use this template Quick start").click()
            expect(page.get_by_label("Cluster name")).to_be_visible()
        elif name == "form":
            page.get_by_label("Cluster name").fill("")
            page.get_by_role("button", name="Launch").click()
            expect(page.get_by_text("Enter a name for the cluster.")).to_be_visible()
    expect(page.get_by_label("Cluster name")).to_be_focused()
    # The answer to a form that is refused is 422, which Chromium reports as an error.
    assert [line for line in alices.complaints() if "422" not in line] == []


def test_suggested_name_follows_the_configuration_until_one_is_typed(
    visit: Visitor, alice: User, driver: object, version: Version, serve: Version
) -> None:
    alices = visit(alice)
    page = alices.open(f"/clusters/launch/?version={version.pk}")
    name, configuration = page.get_by_label("Cluster name"), page.get_by_label("Configuration")
    expect(name).to_have_value("train")
    configuration.select_option(str(serve.pk))
    expect(name).to_have_value("serve")
    name.fill("nightly")
    with page.expect_response("**/launch/preview/**"):
        configuration.select_option(str(version.pk))
    page.wait_for_load_state("networkidle")
    expect(name).to_have_value("nightly")
    assert alices.complaints() == []


def test_launch_pressed_while_the_preview_is_on_its_way_launches(
    visit: Visitor, alice: User, driver: object, version: Version, serve: Version,
    queued: list[str],
) -> None:  # fmt: skip
    alices = visit(alice)
    page = alices.open(f"/clusters/launch/?version={version.pk}")
    page.route("**/launch/preview/**", lambda _route: None)  # it is never answered
    page.get_by_label("Configuration").select_option(str(serve.pk))
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("heading", name="train", exact=True)).to_be_visible()
    assert alices.complaints() == []
