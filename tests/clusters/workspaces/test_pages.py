"""The pages of workspaces: their owner's, and a reader's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from accounts.models import Membership
from clusters.models import Cluster, Job, Run, Workspace
from clusters.services.workspaces.creating import clone_workspace
from clusters.services.workspaces.operating import share_workspace
from clusters.workspaces import files
from clusters.workspaces.reading import MOST_SHOWN, shown
from providers.fake.workspaces import FakeWorkspaces
from providers.workspaces import ListedFile
from tests.accounts.conftest import signed_in
from tests.cast import make_member
from tests.clusters.workspaces.conftest import TINY, jupyter

if TYPE_CHECKING:
    from accounts.models import User
    from tests.clusters.head import Head

pytestmark = pytest.mark.django_db
EVIL = b"<script>alert(1)</script>\n"
NOTEBOOK = b"""{"nbformat": 4, "cells": [
 {"cell_type": "markdown", "source": ["# Title\\n", "text"]},
 {"cell_type": "code", "source": "1 + 1", "outputs": [{"data": {"text/html": "<b>two</b>"}}]}]}"""


@pytest.fixture
def lab(workspace: Workspace, driver: FakeWorkspaces) -> Workspace:
    """alice's running workspace with files."""
    contents = {"train.py": EVIL, "book.ipynb": NOTEBOOK, "model.bin": b"\x00\xff"}
    for path, content in contents.items():
        driver.contents[workspace.pk.hex, path] = content
    driver.files[workspace.pk.hex] = [
        ListedFile(path=path, size_bytes=len(content), modified_at=1.0)
        for path, content in contents.items()
    ]
    files.look_after(str(workspace.pk))
    workspace.refresh_from_db()
    return workspace


@pytest.fixture
def shared(lab: Workspace, alice: User) -> Workspace:
    share_workspace(lab, is_shared=True, by=alice)
    return lab


def address(name: str, workspace: Workspace) -> str:
    return reverse(f"clusters:{name}", args=[workspace.pk])


def get(user: Any, workspace: Workspace, path: str, **query: str) -> Any:
    query = {"path": path, **query}
    return signed_in(user).get(address("workspace-file", workspace), query)


def test_a_reader_sees_the_page_and_the_files_and_nothing_to_press(
    shared: Workspace, bob: User
) -> None:
    browser = signed_in(bob)
    page = browser.get(address("workspace", shared)).text
    assert "train.py" in page
    assert "You need the Engineer role in Research." in page
    for button in ("Open JupyterLab", "Stop</button>", "Run as job", "Capture", "Delete", "Share"):
        assert button not in page
    assert "&lt;script&gt;alert(1)" in get(bob, shared, "train.py").text


@pytest.mark.parametrize("role", ["viewer", "engineer", "admin"])
def test_a_reader_can_do_nothing_to_it(shared: Workspace, role: str) -> None:
    browser = signed_in(make_member("dora", team=shared.team, role=role))
    bodies: dict[str, dict[str, str]] = {
        "share": {"is_shared": ""},
        "capture": {"packages": "tiny", "image": "mine"},
        **{word: {} for word in ("open", "start", "stop", "delete")},
    }
    for word, body in bodies.items():
        answer = browser.post(address(f"{word}-workspace", shared), body)
        assert answer.status_code == 403, word
    run = browser.post(address("run-workspace-file", shared), {"path": "train.py"})
    assert run.status_code == 403
    assert browser.get(address("capture-workspace", shared)).status_code == 403
    shared.refresh_from_db()
    assert (shared.is_shared, shared.removed_at) == (True, None)
    assert not Job.objects.exists()


def test_an_engineer_clones_what_is_shared_and_a_viewer_does_not(
    shared: Workspace, bob: User
) -> None:
    dora = make_member("dora", team=shared.team, role="engineer")
    made = signed_in(dora).post(address("clone-workspace", shared), {"name": "mine"})
    clone = Workspace.objects.get(name="mine")
    assert made.url == address("workspace", clone)
    assert (clone.owner, clone.cloned_from) == (dora, shared)
    assert (
        signed_in(bob).post(address("clone-workspace", shared), {"name": "his"}).status_code == 403
    )


def test_what_is_not_shared_does_not_exist_for_others(
    lab: Workspace, bob: User, charlie: User
) -> None:
    for user in (bob, charlie):
        assert get(user, lab, "train.py").status_code == 404
        assert signed_in(user).get(address("workspace", lab)).status_code == 404


def test_reading_ends_with_sharing_and_with_the_team(
    shared: Workspace, alice: User, bob: User
) -> None:
    assert get(bob, shared, "train.py").status_code == 200
    share_workspace(shared, is_shared=False, by=alice)
    assert get(bob, shared, "train.py").status_code == 404
    assert get(alice, shared, "train.py").status_code == 200
    Membership.objects.filter(user=alice).delete()
    assert get(alice, shared, "train.py").status_code == 404


def test_an_admin_deletes_what_somebody_left_and_cannot_open_it(
    lab: Workspace, alice: User, adam: User, bob: User
) -> None:
    listed = reverse("clusters:workspaces")
    for user in (adam, bob):
        assert "Owners who left" not in signed_in(user).get(listed).text
        assert signed_in(user).post(address("delete-workspace", lab)).status_code == 404
    Membership.objects.filter(user=alice).delete()
    assert "Owners who left" in signed_in(adam).get(listed).text
    assert "Owners who left" not in signed_in(bob).get(listed).text
    assert signed_in(adam).get(address("workspace", lab)).status_code == 404
    assert get(adam, lab, "train.py").status_code == 404
    assert signed_in(bob).post(address("delete-workspace", lab)).status_code == 404
    assert signed_in(adam).post(address("delete-workspace", lab)).status_code == 302
    lab.refresh_from_db()
    assert lab.removed_at is not None


def test_a_file_is_downloaded_and_never_shown_as_what_it_is(shared: Workspace, bob: User) -> None:
    answer = get(bob, shared, "train.py", download="1")
    assert answer.content == EVIL
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="train.py"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_notebook_is_its_cells_without_what_they_printed(shared: Workspace, bob: User) -> None:
    text = get(bob, shared, "book.ipynb").text
    assert "# Title\ntext" in text
    assert "1 + 1" in text
    assert "two" not in text
    assert "Not a text file" in get(bob, shared, "model.bin").text


@pytest.mark.parametrize("path", ["", "gone.py", "../secret"])
def test_what_is_no_file_is_404(shared: Workspace, bob: User, path: str) -> None:
    assert get(bob, shared, path).status_code == 404


def test_files_that_cannot_be_read_now_are_told(
    shared: Workspace, bob: User, driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from providers.errors import Throttled

    def fail(_workspace: str, _path: str) -> bytes:
        raise Throttled("This machine rejected the request: disk error.")

    monkeypatch.setattr(driver, "read_file", fail)
    answer = get(bob, shared, "train.py")
    assert answer.status_code == 503
    assert "disk error" in answer.text


@pytest.mark.parametrize(
    "content",
    [b"[]", b"{}", b"[" * 100_000, b'{"cells": [{"cell_type": "x", "source": ""}]}', b"no JSON"],
)
def test_what_is_no_notebook_is_text(content: bytes) -> None:
    file = shown("a.ipynb", content)
    assert file.cells == ()
    assert file.text == content.decode()[:MOST_SHOWN]


def test_what_is_long_is_cut() -> None:
    assert shown("a.txt", b"x" * (MOST_SHOWN + 1)).is_cut
    source = f'{{"cell_type": "code", "source": "{"x" * MOST_SHOWN}"}}'
    book = shown("a.ipynb", f'{{"cells": [{source}, {source}]}}'.encode())
    assert (len(book.cells), book.is_cut) == (1, True)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"state": "missing"}, "has no JupyterLab"),
        ({"state": "failed", "message": "JupyterLab does not answer: Killed"}, "answer: Killed"),
        ({"state": "starting"}, "still starting"),
    ],
)
def test_what_does_not_run_says_why_and_is_not_opened(
    lab: Workspace, head: Head, alice: User, told: dict[str, str], words: str
) -> None:
    head.report(workspace=jupyter(**told))
    browser = signed_in(alice)
    page = browser.get(address("workspace", lab)).text
    assert "Open JupyterLab" not in page
    answer = browser.post(address("open-workspace", lab), follow=True)
    assert words in answer.text
    assert answer.redirect_chain == [(address("workspace", lab), 302)]


def test_the_state_is_asked_for_without_the_files(lab: Workspace, alice: User) -> None:
    browser = signed_in(alice)
    url = address("workspace", lab)
    live, listed = (browser.get(url, {"part": part}).text for part in ("live", "files"))
    assert ("Idle timer" in live, "train.py" in live) == (True, False)
    assert ("Idle timer" in listed, "train.py" in listed) == (False, True)
    assert "<html" not in live + listed


def test_a_failed_cluster_says_so(lab: Workspace, alice: User) -> None:
    Cluster.objects.update(state="failed")
    Run.objects.update(last_error="The machine is full.")
    page = signed_in(alice).get(address("workspace", lab)).text
    assert "The machine is full." in page
    assert "Open JupyterLab" not in page


def test_the_owner_captures_from_the_page(lab: Workspace, head: Head, alice: User) -> None:
    head.report(workspace=jupyter(packages=[TINY]))
    page = signed_in(alice).get(address("workspace", lab)).text
    assert "Capture 1 package" in page


def test_pages_cost_the_same_however_many_there_are(
    lab: Workspace, alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        clone_workspace(lab, name=f"copy-{number}", by=alice)
    browser = signed_in(alice)
    with django_assert_max_num_queries(12):
        assert "copy-4" in browser.get(reverse("clusters:workspaces")).text
    with django_assert_max_num_queries(18):
        browser.get(address("workspace", lab))
