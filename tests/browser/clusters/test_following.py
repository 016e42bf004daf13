"""A cluster follows its template in a real browser: update, progress, pause, undo, relaunch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_scaling import run
from tests.clusters import conftest as paper

if TYPE_CHECKING:
    from accounts.models import User
    from clusters.models import Cluster
    from configurations.models import Version
    from images.models import ImageVersion
    from providers.fake.driver import FakeDriver
    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
driver, image, launch, queued, version = (
    paper.driver, paper.image, paper.launch, paper.queued, paper.version,
)  # fmt: skip


@pytest.fixture
def cluster(
    transactional_db: None, launch: Callable[..., Cluster], driver: FakeDriver,
    image: ImageVersion, version: Version, alice: User,
) -> Cluster:  # fmt: skip
    """A running cluster of train:1; train:2 has larger workers, train:3 a larger head."""
    cluster = launch("one")
    run(cluster)
    workers = version.text.replace("cpu\n    instance_type: small", "cpu\n    instance_type: large")
    save(version, workers, base=1, by=alice)
    return cluster


def save(version: Version, text: str, *, base: int, by: User) -> Version:
    from configurations.services.templates import save_version

    return save_version(version.template, text=text, base=base, message="Larger.", by=by).version


def test_cluster_is_updated_replaced_paused_resumed_and_taken_back(
    visit: Callable[..., Visit], alice: User, cluster: Cluster
) -> None:
    alices = visit(alice)
    page = alices.open(f"/clusters/{cluster.pk}/")
    page.get_by_role("link", name="Update to train:2…").click()
    expect(page.get_by_role("cell", name="New nodes")).to_be_visible()
    expect(page.get_by_label("Replace running nodes now")).to_be_checked()
    page.get_by_role("button", name="Update cluster").click()
    notice = page.locator("#outdated")
    expect(notice).to_contain_text("0 of 1 node replaced")
    page.get_by_role("button", name="Pause replacement").click()
    expect(notice).to_contain_text("Their replacement is paused.")
    page.get_by_role("button", name="Resume replacement").click()
    expect(page.get_by_role("button", name="Pause replacement")).to_be_visible()
    page.get_by_role("link", name="Undo update…").click()
    expect(page.locator(".change-list").first).to_contain_text("Version train:1 → train:2 by Alice")
    assert alices.barriers() == []
    page.get_by_role("button", name="Undo update: back to train:1").click()
    page.get_by_role("button", name="Go back to train:1", exact=True).click()
    expect(page.get_by_text("Updated one to train:1.")).to_be_visible()
    expect(notice).to_be_hidden()
    assert alices.complaints() == []


def test_what_needs_a_new_head_asks_before_the_cluster_is_relaunched(
    visit: Callable[..., Visit], alice: User, cluster: Cluster, version: Version
) -> None:
    head = version.text.replace("instance_type: small\nworker", "instance_type: large\nworker")
    save(version, head, base=2, by=alice)
    alices = visit(alice, width=390, theme="dark")
    page = alices.open(f"/clusters/{cluster.pk}/?tab=configuration")
    version_field = page.get_by_label("Version", exact=True)
    version_field.select_option(label="train:2")
    expect(page.get_by_role("button", name="Update cluster")).to_be_visible()
    version_field.select_option(label="train:3")
    page.get_by_role("button", name="Terminate and relaunch with this version…").click()
    dialog = page.locator("#relaunch-dialog")
    expect(dialog).to_contain_text("running jobs, actors, and objects in memory are lost")
    expect(dialog).to_contain_text("one-2 costs $0.")
    dialog.get_by_role("button", name="Terminate and relaunch").click()
    expect(page.get_by_role("heading", name="one-2")).to_be_visible()
    cluster.refresh_from_db()
    assert cluster.state == "terminating"
    assert alices.complaints() == []


def test_time_limits_are_edited_in_place_and_show_who_changed_them(
    visit: Callable[..., Visit], alice: User, cluster: Cluster
) -> None:
    alices = visit(alice)
    page = alices.open(f"/clusters/{cluster.pk}/?tab=configuration")
    page.get_by_label("Idle timeout (minutes)").fill("90")
    page.get_by_label("Maximum lifetime (minutes)").fill("")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_text("Idle timeout 30 min → 90 min by Alice")).to_be_visible()
    expect(page.get_by_text("Maximum lifetime 480 min → none by Alice")).to_be_visible()
    launch_another(page)
    assert alices.complaints() == []


def launch_another(page: Page) -> None:
    page.get_by_role("link", name="Launch another like this").click()
    expect(page.get_by_label("Cluster name")).to_have_value("one-2")
    expect(page.get_by_label("Configuration")).to_contain_text("train:1 · paper · small")
