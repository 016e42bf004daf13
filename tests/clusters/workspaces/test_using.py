"""Open JupyterLab, run a file as a job, capture what was installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from accounts.errors import Invalid, NotAllowed, WrongState
from accounts.models import AuditEntry, Session
from accounts.sessions import key_hash
from clusters.models import Command, Workspace
from clusters.services.workspaces.capturing import capture_workspace
from clusters.services.workspaces.creating import create_workspace
from clusters.services.workspaces.using import open_workspace, run_file
from domain.images.states import ImageSource, ImageState
from images.bootstrap import register
from images.models import ImageVersion
from tests.clusters.workspaces.conftest import TINY, jupyter, run_head

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version
    from tests.clusters.head import Head

pytestmark = pytest.mark.django_db
FILES = [
    {"path": path, "size_bytes": 1, "modified_at": 1.0, "is_folder": path == "d.py"}
    for path in ("train.py", "notes.txt", "sub/my run.sh", "d.py", "-cimport os.py")
]


@pytest.fixture
def session(alice: User) -> str:
    return Session.objects.create(key_hash=key_hash("k"), contents="", user=alice).key_hash


def test_opening_leads_to_the_workspace_s_own_host(
    workspace: Workspace, session: str, alice: User
) -> None:
    link = open_workspace(workspace, session=session, by=alice)
    start = f"http://{workspace.pk.hex}.localhost:8001/workspaces/{workspace.pk}/-/enter?ticket="
    assert link.startswith(start)


def test_what_does_not_run_cannot_be_opened(created: Workspace, session: str, alice: User) -> None:
    with pytest.raises(WrongState, match="lab is requested"):
        open_workspace(created, session=session, by=alice)


def run(workspace: Workspace, path: str, by: User) -> Any:
    type(workspace).objects.update(files=FILES)
    workspace.refresh_from_db()
    return run_file(workspace, path=path, by=by)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("train.py", "python train.py"),
        ("sub/my run.sh", "bash 'sub/my run.sh'"),
        ("-cimport os.py", "python './-cimport os.py'"),
    ],
)
def test_a_file_runs_among_the_files_of_the_workspace(
    workspace: Workspace, alice: User, path: str, line: str
) -> None:
    job = run(workspace, path, alice)
    body = Command.objects.get(kind="submit_job").body
    assert (job.entrypoint, body["entrypoint"], body["workspace"]) == (line, line, True)


@pytest.mark.parametrize(
    "path", ["", "notes.txt", "gone.py", "d.py", "../train.py", "/etc/passwd", "x; rm.py"]
)
def test_what_is_no_file_to_run_is_refused(workspace: Workspace, alice: User, path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        run(workspace, path, alice)
    assert refusal.value.errors[0].field == "path"
    assert not Command.objects.filter(kind="submit_job").exists()


def test_nobody_else_runs_its_files(workspace: Workspace, bob: User) -> None:
    with pytest.raises(NotAllowed):
        run(workspace, "train.py", bob)


@pytest.fixture
def installed(version: Version, alice: User, driver: Any, queued: Any) -> Head:
    """The head of a workspace with the Ray that is installed beside Mobula."""
    return running(version, alice, "local-ray", source=ImageSource.INSTALLED)


def running(version: Version, by: User, image: str, **columns: Any) -> Head:
    """Return the head of a workspace of that image."""
    made = register(image, ray_version="2.60.0", location=f"/opt/{image}/bin/ray")
    row = ImageVersion.objects.create(
        image=made.image,
        number=2,
        ray_version="2.60.0",
        python_version="3.13.1",
        location=f"/opt/{image}-2/bin/ray",
        **columns,
    )
    workspace = create_workspace(version, name="lab", image=row, by=by)
    return run_head(workspace.cluster)


def captured(head: Head, by: User, **options: Any) -> Any:
    head.report(workspace=jupyter(packages=[TINY, {**TINY, "name": "bad name!"}]))
    workspace = Workspace.objects.get()
    return capture_workspace(workspace, **{"packages": ["tiny"], "image": "mine"} | options, by=by)


def test_a_capture_builds_an_image_and_offers_it_to_the_template(
    installed: Head, alice: User
) -> None:
    made = captured(installed, alice)
    assert str(made.image) == "mine:1"
    assert made.image.requirements == "ray[default]==2.60.0\njupyterlab==4.6.6\ntiny==1.0\n"
    made.image.refresh_from_db()
    assert made.image.state == ImageState.BUILDING
    assert made.draft.template == installed.cluster.version.template
    assert "image: mine:1" in made.draft.text
    assert "captured from workspace lab" in made.draft.origin
    noted = AuditEntry.objects.get(action="workspace.captured")
    assert noted.after == {"image": "mine:1", "packages": ["tiny==1.0"]}


def test_an_environment_gets_its_next_version_with_what_it_had(
    version: Version, alice: User, driver: Any, queued: Any
) -> None:
    text = "# ours\nray[default]==2.60.0\nTiny==0.9\nother==2\n"
    source = ImageSource.VIRTUAL_ENVIRONMENT
    head = running(version, alice, "ours", source=source, requirements=text)
    made = captured(head, alice)
    assert made.image.requirements == "# ours\nray[default]==2.60.0\nother==2\ntiny==1.0\n"


def test_only_environments_are_captured(workspace: Workspace, head: Head, alice: User) -> None:
    with pytest.raises(WrongState, match="Only workspaces on virtual environments"):
        captured(head, alice)


@pytest.mark.parametrize("packages", [[], ["unknown"], ["bad name!"]])
def test_what_cannot_be_captured_is_refused(
    installed: Head, alice: User, packages: list[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        captured(installed, alice, packages=packages)
    assert refusal.value.errors[0].field == "packages"
    assert not ImageVersion.objects.filter(image__name="mine").exists()


def test_a_second_capture_is_the_next_version(installed: Head, alice: User) -> None:
    captured(installed, alice)
    assert str(captured(installed, alice).image) == "mine:2"
