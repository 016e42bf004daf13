"""Orphans are removed until the provider confirms it, and nothing else ever is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.errors import NotAllowed, WrongState
from accounts.models import AuditEntry, User
from clouds.models import Cloud
from clusters.models import Node, Orphan
from clusters.orphans import removal, tasks
from clusters.orphans.search import KEEP_REMOVED
from clusters.orphans.states import move
from clusters.services.orphans.removing import remove_orphans
from domain.orphans import FIRST_PAUSE, LONGEST_PAUSE, OrphanState, pause_after
from mobula.demo_cloud.aws.world import SecurityGroup, Volume, World
from providers.aws.tags import INSTALLATION
from tests.clusters.orphans.things import found, launched, step, tagged

pytestmark = pytest.mark.django_db


@pytest.fixture
def orphan(cloud: Cloud, volume: Volume) -> Orphan:
    """The volume, found."""
    return found(cloud)[0]


def actions() -> list[str]:
    rows = AuditEntry.objects.filter(action__startswith="orphan.").order_by("pk")
    return list(rows.values_list("action", flat=True))


def test_a_volume_is_removed(orphan: Orphan, world: World, adam: User) -> None:
    [going] = remove_orphans([orphan], by=adam)
    assert going.state == "removing"
    assert world.volumes  # nothing happens within the request
    gone = step(orphan)
    assert (gone.state, gone.removed_by) == ("removed", adam)
    assert gone.removed_at is not None
    assert not world.volumes
    assert actions() == ["orphan.removal_requested", "orphan.removed"]
    entry = AuditEntry.objects.filter(action="orphan.removal_requested").get()
    assert entry.actor == adam
    assert entry.after == {
        "cloud": "aws", "region": "us-east-1", "kind": "volume", "id": "vol-0000000a",
        "name": "", "cluster": "c0000001",
    }  # fmt: skip


def test_removed_is_only_what_the_provider_no_longer_lists(
    cloud: Cloud, world: World, adam: User
) -> None:
    world.stop_seconds = 60
    launched(world, "c0000001-3")
    instance = found(cloud)[0]
    remove_orphans([instance], by=adam)
    for _ in range(2):
        assert step(instance).state == "removing"
    assert found(cloud)[0].provider_state == "shutting-down"
    world.now[0] += 61  # type: ignore[attr-defined]
    assert step(instance).state == "removed"


def test_everything_of_an_instance_goes_in_the_order_that_the_provider_allows(
    cloud: Cloud, world: World, adam: User
) -> None:
    group = SecurityGroup(id="sg-1", name="g", vpc="v", description="", tags=tagged("c0000001"))
    world.groups[group.id] = group
    mappings = [{"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 9, "DeleteOnTermination": False}}]
    launched(world, "c0000001-3", SecurityGroupIds=["sg-1"], BlockDeviceMappings=mappings)
    found(cloud)
    Orphan.objects.update(orphan_from=now())
    orphans = {one.kind: one for one in remove_orphans(list(Orphan.objects.all()), by=adam)}
    for kind in ("volume", "security_group", "network_interface"):
        waiting = step(orphans[kind])
        assert waiting.state == "removing"
        assert "still uses it" in waiting.message
    for kind in ("instance", "volume", "network_interface", "security_group"):
        assert step(orphans[kind]).state == "removed", kind
    assert not world.volumes
    assert not world.groups
    assert not world.alive()


@pytest.mark.parametrize("tag", ["another", ""])
def test_another_installations_resource_is_never_touched(
    orphan: Orphan, world: World, adam: User, tag: str
) -> None:
    remove_orphans([orphan], by=adam)
    world.volumes[orphan.resource_id].tags[INSTALLATION] = tag
    left = step(orphan)
    assert left.state == "found"
    assert "does not have this installation's tag" in left.message
    assert orphan.resource_id in world.volumes
    assert world.count()["DeleteVolume"] == 0
    assert actions()[-1] == "orphan.removal_failed"


def test_the_tag_is_read_between_the_last_look_and_the_removal(
    orphan: Orphan, world: World, adam: User
) -> None:
    remove_orphans([orphan], by=adam)
    world.calls.clear()
    step(orphan)
    calls = [name for name, _ in world.calls if name in {"DescribeVolumes", "DeleteVolume"}]
    before = calls[calls.index("DeleteVolume") - 1]
    assert before == "DescribeVolumes"


def test_what_a_node_needs_again_is_not_removed(
    cloud: Cloud, world: World, adam: User, head: Node
) -> None:
    launched(world, head.name)
    node = Node.objects.filter(pk=head.pk)
    node.update(state="terminated", ended_at=now() - timedelta(hours=1))
    instance, *_, volume = found(cloud)
    remove_orphans([instance, volume], by=adam)
    node.update(state="ready", ended_at=None)  # a backup was restored
    for orphan in (instance, volume):
        assert step(orphan).state == "found"
        assert "uses it again" in orphan.message
    assert len(world.alive()) == 1


def test_errors_that_pass_are_retried_with_growing_pauses(
    orphan: Orphan, world: World, adam: User
) -> None:
    remove_orphans([orphan], by=adam)
    world.fail("DeleteVolume", "InternalError", times=8)
    for attempt in (1, 2):
        waiting = step(orphan)
        assert (waiting.state, waiting.attempts) == ("removing", attempt)
        assert "internal error" in waiting.message
        assert waiting.next_step_at is not None
        pause = waiting.next_step_at - now()
        assert abs(pause - pause_after(attempt)) < timedelta(seconds=3)
    assert removal.due() == []
    done = step(orphan)
    assert (done.state, done.message) == ("removed", "")


def test_errors_that_last_end_the_removal_until_a_user_tries_again(
    orphan: Orphan, world: World, adam: User
) -> None:
    remove_orphans([orphan], by=adam)
    world.fail("DeleteVolume", "UnauthorizedOperation", status=403)
    failed = step(orphan)
    assert (failed.state, failed.next_step_at) == ("found", None)
    assert "IAM policy" in failed.message
    assert actions() == ["orphan.removal_requested", "orphan.removal_failed"]
    remove_orphans([orphan], by=adam)
    assert step(orphan).state == "removed"


def test_a_worker_that_was_killed_after_the_removal_is_no_loss(
    orphan: Orphan, world: World, adam: User
) -> None:
    remove_orphans([orphan], by=adam)
    world.fail("DeleteVolume", "InternalError", takes_effect=True, times=1)
    del world.volumes[orphan.resource_id]
    assert step(orphan).state == "removed"


def test_two_workers_do_not_do_the_same_step(orphan: Orphan, world: World, adam: User) -> None:
    remove_orphans([orphan], by=adam)
    world.fail("DeleteVolume", "InternalError", times=4)
    removal.step(orphan.pk)
    calls = len(world.calls)
    removal.step(orphan.pk)  # the message came twice
    assert len(world.calls) == calls


def test_a_search_settles_no_removal(
    cloud: Cloud, orphan: Orphan, world: World, adam: User
) -> None:
    remove_orphans([orphan], by=adam)
    world.volumes.clear()
    [still] = found(cloud)
    assert still.state == "removing"
    assert step(orphan).state == "removed"
    [kept] = found(cloud)
    assert kept.state == "removed"
    Orphan.objects.update(removed_at=now() - KEEP_REMOVED - timedelta(minutes=1))
    assert found(cloud) == []


def test_what_is_due_is_asked_for(
    orphan: Orphan, adam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(tasks.remove, "apply_async", lambda args, **_: asked.append(args))
    tasks.advance.apply().get()
    assert asked == []
    remove_orphans([orphan], by=adam)
    tasks.advance.apply().get()
    assert asked == [(orphan.pk,)]
    tasks.remove.apply(args=asked[0]).get()
    orphan.refresh_from_db()
    assert orphan.state == "removed"


def test_only_installation_admins_remove(orphan: Orphan, alice: User) -> None:
    with pytest.raises(NotAllowed):
        remove_orphans([orphan], by=alice)


def test_what_is_no_orphan_yet_or_already_goes_cannot_be_removed(
    orphan: Orphan, adam: User
) -> None:
    Orphan.objects.update(orphan_from=now() + timedelta(minutes=1))
    with pytest.raises(WrongState, match="Reload"):
        remove_orphans([orphan], by=adam)
    Orphan.objects.update(orphan_from=now())
    remove_orphans([orphan], by=adam)
    with pytest.raises(WrongState):
        remove_orphans([orphan], by=adam)


def test_moves_that_are_not_in_the_table_are_refused(orphan: Orphan) -> None:
    with pytest.raises(ValueError, match="cannot move from found to removed"):
        move(orphan, OrphanState.REMOVED)


def test_a_move_that_comes_late_changes_nothing(orphan: Orphan) -> None:
    late = Orphan.objects.get(pk=orphan.pk)
    assert move(orphan, OrphanState.REMOVING, next_step_at=now())
    assert not move(late, OrphanState.REMOVING, next_step_at=now() + timedelta(hours=1))
    orphan.refresh_from_db()
    assert orphan.next_step_at is not None
    assert orphan.next_step_at <= now()


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [pause_after(attempts) for attempts in (1, 2, 3, 20)]
    assert pauses == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, LONGEST_PAUSE]
