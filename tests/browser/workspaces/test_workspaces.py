"""Workspaces in a browser: axe finds nothing, and what is shared is read by the team."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from clusters.workspaces import files
from providers.workspaces import ListedFile
from tests.browser.test_barriers import barriers_of
from tests.browser.test_scaling import cluster, driver, image, launch, queued, version
from tests.clusters.workspaces.conftest import TINY, jupyter

if TYPE_CHECKING:
    from accounts.models import User
    from clusters.models import Cluster, Workspace
    from tests.browser.conftest import Visit

__all__ = ["cluster", "driver", "image", "launch", "queued", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CONTENT = b"print('<b>trained</b>')\n"


@pytest.fixture
def lab(cluster: Cluster, driver: Any, alice: User) -> Workspace:
    """alice's workspace with a file and a package, on an image that can be captured."""
    from clusters.models import Run, Workspace
    from domain.images.states import ImageSource
    from images.models import ImageVersion

    installed = ImageVersion.objects.create(
        image=cluster.image_version.image,
        number=2,
        ray_version="2.60.0",
        python_version="3.13.1",
        location="/opt/installed/bin/ray",
        source=ImageSource.INSTALLED,
    )
    lab = Workspace.objects.create(
        name="lab",
        team=cluster.team,
        owner=alice,
        version=cluster.version,
        image_version=installed,
        cluster=cluster,
    )
    type(cluster).objects.update(workspace=lab)
    Run.objects.update(workspace=jupyter(kernels=2, busy=1, terminals=1, packages=[TINY]))
    driver.contents[lab.pk.hex, "sub/train.py"] = CONTENT
    listed = ListedFile(path="sub/train.py", size_bytes=len(CONTENT), modified_at=1.0)
    driver.files[lab.pk.hex] = [listed]
    files.look_after(str(lab.pk))
    return lab


def test_axe_finds_nothing_on_any_page_of_workspaces(
    visit: Callable[..., Visit], alice: User, lab: Workspace
) -> None:
    own = f"/workspaces/{lab.pk}/"
    known = {"keys", "picker"}
    browser = visit(alice)
    paths = ("/workspaces/", "/workspaces/new/", own, f"{own}file/?path=sub/train.py")
    wrong = {path: barriers_of(browser, path, known=known) for path in (*paths, f"{own}capture/")}
    assert not any(wrong.values()), "\n".join(f"{p}: {b}" for p, bs in wrong.items() for b in bs)
    assert {"stop-dialog", "delete-dialog"} <= known


def test_what_is_shared_is_read_by_the_team(
    visit: Callable[..., Visit], alice: User, bob: User, lab: Workspace, patience: None
) -> None:
    own = f"/workspaces/{lab.pk}/"
    alices = visit(alice)
    alices.page.goto(alices.address + own)
    expect(alices.page.get_by_text("2 kernels, 1 busy, 1 terminal")).to_be_visible()
    alices.page.get_by_role("button", name="Share with the team").click()
    expect(alices.page.get_by_text("Research can read this page and the files.")).to_be_visible()
    bobs = visit(bob)
    bobs.page.goto(f"{bobs.address}/workspaces/")
    bobs.page.get_by_role("link", name="lab", exact=True).click()
    expect(bobs.page.get_by_role("button", name="Open JupyterLab")).to_have_count(0)
    bobs.page.get_by_role("link", name="sub/train.py").click()
    expect(bobs.page.get_by_text("print('<b>trained</b>')")).to_be_visible()
    with bobs.page.expect_download() as download:
        bobs.page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "train.py"
    assert download.value.path().read_bytes() == CONTENT
    assert alices.findings == bobs.findings == []
