"""Create, start, stop, clone and delete workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils.timezone import now

from accounts.errors import Invalid, NotAllowed, WrongState
from clusters.models import Cluster, Workspace
from clusters.services.workspaces.creating import (
    clone_workspace,
    create_workspace,
    start_workspace,
)
from clusters.services.workspaces.operating import (
    remove_workspace,
    share_workspace,
    stop_workspace,
)
from clusters.workspaces import files
from domain.lifecycle import ClusterState
from providers.fake.workspaces import FakeWorkspaces
from providers.workspaces import ListedFile

if TYPE_CHECKING:
    from accounts.models import User
    from configurations.models import Version
    from images.models import ImageVersion
    from tests.clusters.head import Head

pytestmark = pytest.mark.django_db
TRAIN = ListedFile(path="train.py", size_bytes=12, modified_at=1.0)


def test_a_workspace_is_a_cluster_of_its_owner(created: Workspace, alice: User) -> None:
    cluster = created.cluster
    assert cluster is not None
    assert (cluster.name, cluster.owner, cluster.workspace) == ("ws-lab", alice, created)
    assert cluster.image_version == created.image_version


def test_another_image_than_the_template_s_is_run(
    version: Version, alice: User, driver: Any, queued: Any
) -> None:
    from images.bootstrap import register

    other = register("with-lab", ray_version="2.60.0", location="/opt/lab/bin/ray")
    workspace = create_workspace(version, name="other", image=other, by=alice)
    assert workspace.cluster is not None
    assert workspace.cluster.image_version == workspace.image_version == other


def test_an_image_of_another_team_does_not_exist(
    version: Version, alice: User, image: ImageVersion, driver: Any
) -> None:
    from images.bootstrap import register
    from images.models import Image
    from tests.cast import make_team

    other = register("secret", ray_version="2.60.0", location="/opt/x/bin/ray")
    Image.objects.filter(name="secret").update(team=make_team("others"))
    with pytest.raises(Invalid, match="no access to image secret"):
        create_workspace(version, name="mine", image=other, by=alice)
    assert not Workspace.objects.exists()


def test_a_cloud_whose_heads_are_out_of_reach_is_refused(
    version: Version, alice: User, driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from providers import registry

    traits = replace(registry.traits_of("fake"), serves_workspaces=False)  # type: ignore[arg-type]
    monkeypatch.setattr("providers.registry.traits_of", lambda _kind: traits)
    with pytest.raises(Invalid, match="on this machine"):
        create_workspace(version, name="mine", by=alice)
    assert not Cluster.objects.exists()


def test_without_an_address_nothing_is_created(
    version: Version, alice: User, driver: Any, settings: Any
) -> None:
    settings.WORKSPACES_URL = ""
    with pytest.raises(WrongState, match="MOBULA_WORKSPACES_URL"):
        create_workspace(version, name="mine", by=alice)
    assert not Workspace.objects.exists()


@pytest.mark.parametrize("name", ["", "With Space", "a" * 64, "lab"])
def test_bad_and_taken_names_are_refused_at_their_field(
    created: Workspace, version: Version, alice: User, name: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        create_workspace(version, name=name, by=alice)
    assert refusal.value.errors[0].field == "name"
    assert Workspace.objects.count() == 1


def test_a_stopped_workspace_starts_on_the_same_cluster(
    workspace: Workspace, head: Head, alice: User
) -> None:
    stop_workspace(workspace, by=alice)
    head.pass_by()
    head.pass_by()
    assert head.state == "stopped"
    workspace.refresh_from_db()
    assert start_workspace(workspace, by=alice).pk == head.cluster.pk
    assert head.cluster.runs.count() == 2


def test_a_terminated_workspace_starts_on_another_cluster(
    workspace: Workspace, head: Head, alice: User
) -> None:
    from clusters.services.operating import terminate_cluster

    terminate_cluster(head.cluster, by=alice)
    head.pass_by()
    head.pass_by()
    assert head.state == "terminated"
    workspace = Workspace.objects.get()
    cluster = start_workspace(workspace, by=alice)
    assert cluster.pk != head.cluster.pk
    assert cluster.workspace == workspace
    assert Workspace.objects.get().cluster == cluster


def test_a_running_workspace_cannot_be_started(workspace: Workspace, alice: User) -> None:
    with pytest.raises(WrongState, match="lab is running"):
        start_workspace(workspace, by=alice)


def test_teammates_cannot_use_it_even_if_shared(workspace: Workspace, alice: User) -> None:
    from tests.cast import make_member

    dora = make_member("dora", team=workspace.team, role="admin")
    share_workspace(workspace, is_shared=True, by=alice)
    for call in (stop_workspace, start_workspace, remove_workspace):
        with pytest.raises(NotAllowed, match="Only Alice"):
            call(workspace, by=dora)


def test_shared_workspaces_are_visible_to_the_team_alone(
    workspace: Workspace, alice: User, bob: User, charlie: User
) -> None:
    def seen(user: User) -> bool:
        return Workspace.objects.visible_to(user).exists()

    assert (seen(alice), seen(bob), seen(charlie)) == (True, False, False)
    share_workspace(workspace, is_shared=True, by=alice)
    assert (seen(alice), seen(bob), seen(charlie)) == (True, True, False)


def test_a_clone_gets_a_copy_of_the_files_before_it_starts(
    workspace: Workspace, driver: FakeWorkspaces, alice: User
) -> None:
    driver.files[workspace.pk.hex] = [TRAIN]
    clone = clone_workspace(workspace, name="copy", by=alice)
    with pytest.raises(WrongState, match="still being copied"):
        start_workspace(clone, by=alice)
    assert str(clone.pk) in files.due()
    files.look_after(str(clone.pk))
    clone.refresh_from_db()
    assert [file["path"] for file in clone.files] == ["train.py"]
    assert start_workspace(clone, by=alice).workspace == clone


def test_a_workspace_that_is_not_shared_cannot_be_cloned_by_others(workspace: Workspace) -> None:
    from tests.cast import make_member

    dora = make_member("dora", team=workspace.team, role="engineer")
    with pytest.raises(NotAllowed, match="not shared"):
        clone_workspace(workspace, name="copy", by=dora)


def test_a_copy_that_can_never_be_made_says_why(
    workspace: Workspace, driver: Any, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from providers.base import InvalidRequest

    def refuse(_source: str, _target: str) -> None:
        raise InvalidRequest("The files are larger than 10 GiB.")

    monkeypatch.setattr(driver, "copy_files", refuse)
    clone = clone_workspace(workspace, name="copy", by=alice)
    files.look_after(str(clone.pk))
    clone.refresh_from_db()
    with pytest.raises(WrongState, match="larger than 10 GiB"):
        start_workspace(clone, by=alice)
    assert str(clone.pk) not in files.due()


def test_a_clone_that_waits_is_not_cloned(workspace: Workspace, alice: User) -> None:
    clone = clone_workspace(workspace, name="copy", by=alice)
    with pytest.raises(WrongState, match="still to be copied"):
        clone_workspace(clone, name="copy-2", by=alice)


def test_a_copy_that_waits_too_long_says_what_is_wrong(
    workspace: Workspace, driver: Any, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from providers.errors import Throttled

    def refuse(_source: str, _target: str) -> None:
        raise Throttled("No space left on device.")

    monkeypatch.setattr(driver, "copy_files", refuse)
    clone = clone_workspace(workspace, name="copy", by=alice)
    files.look_after(str(clone.pk))
    assert str(clone.pk) in files.due()
    Workspace.objects.filter(pk=clone.pk).update(created_at=now() - timedelta(hours=1))
    files.look_after(str(clone.pk))
    clone.refresh_from_db()
    assert clone.copy_error == "No space left on device."
    assert str(clone.pk) not in files.due()


def test_a_copy_that_takes_too_long_is_told(
    workspace: Workspace, driver: Any, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celery.exceptions import SoftTimeLimitExceeded

    def takes(_source: str, _target: str) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(driver, "copy_files", takes)
    clone = clone_workspace(workspace, name="copy", by=alice)
    files.look_after(str(clone.pk))
    clone.refresh_from_db()
    assert "longer than 25 minutes" in clone.copy_error


def test_files_stay_until_clones_have_them(
    workspace: Workspace, head: Head, driver: FakeWorkspaces, alice: User
) -> None:
    driver.files[workspace.pk.hex] = [TRAIN]
    clone = clone_workspace(workspace, name="copy", by=alice)
    remove_workspace(workspace, by=alice)
    head.pass_by()
    head.pass_by()
    assert str(workspace.pk) not in files.due()
    files.look_after(str(workspace.pk))
    files.look_after(str(clone.pk))
    assert driver.files[clone.pk.hex] == [TRAIN]
    assert str(workspace.pk) in files.due()
    files.look_after(str(workspace.pk))
    assert workspace.pk.hex not in driver.files


def test_files_that_were_never_listed_are_removed_too(
    workspace: Workspace, head: Head, driver: FakeWorkspaces, alice: User
) -> None:
    driver.files[workspace.pk.hex] = [TRAIN]
    remove_workspace(workspace, by=alice)
    head.pass_by()
    head.pass_by()
    assert str(workspace.pk) in files.due()
    files.look_after(str(workspace.pk))
    assert workspace.pk.hex not in driver.files


def test_a_workspace_s_cluster_is_not_relaunched_as_another(
    workspace: Workspace, head: Head, alice: User
) -> None:
    from clusters.services.relaunching import relaunch_cluster

    with pytest.raises(WrongState, match="serves a workspace"):
        relaunch_cluster(head.cluster, version=workspace.version, by=alice)
    assert Cluster.objects.count() == 1


def test_files_are_removed_once_no_machine_uses_them(
    workspace: Workspace, head: Head, driver: FakeWorkspaces, alice: User
) -> None:
    driver.files[workspace.pk.hex] = [TRAIN]
    files.look_after(str(workspace.pk))
    remove_workspace(workspace, by=alice)
    files.look_after(str(workspace.pk))
    assert driver.files[workspace.pk.hex] == [TRAIN]
    head.pass_by()
    head.pass_by()
    assert head.state == ClusterState.TERMINATED
    assert str(workspace.pk) in files.due()
    files.look_after(str(workspace.pk))
    assert workspace.pk.hex not in driver.files
    assert str(workspace.pk) not in files.due()


def test_the_database_being_read_twice_changes_nothing(workspace: Workspace) -> None:
    files.look_after(str(workspace.pk))
    files.look_after(str(workspace.pk))
    workspace.refresh_from_db()
    assert workspace.files == []
    assert workspace.files_at is not None
