"""Templates to edit in a browser, and what the tests of the editor do there."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.cast import make_cloud

# Fixtures may be imported before Django has its settings: models are imported when first used.
if TYPE_CHECKING:
    from accounts.models import Team, User
    from configurations.models import Version

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
    from configurations.services.templates import create_template

    make_cloud("prod", provider="aws", region="us-west-2")
    text = AWS_TEXT.replace("market_type: spot", "market_type: SPOT")
    return create_template(team=research, name="gpus", text=text, message="First.", by=alice)


def try_again(page: Page) -> None:
    """Press the button of what was not sent, unless the page has tried again by itself."""
    with suppress(PlaywrightTimeout):
        page.get_by_role("button", name="Try again now").click(timeout=3_000)
