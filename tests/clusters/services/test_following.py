"""A running cluster follows its template: in place, by replacement, or by a relaunch; and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.errors import Invalid, WrongState
from accounts.models import User
from clusters.models import Cluster
from clusters.queries.changed import changed_since_launch
from clusters.queries.replacement import replacement_of, version_before
from clusters.services import limits, operating, relaunching, replacing, updating
from configurations.models import Version
from configurations.services.templates import save_version
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db

type NewVersion = Callable[[str, str], Version]


@pytest.fixture
def saved(version: Version, alice: User) -> NewVersion:
    """Save the next version of alice's template, with a part of its text replaced."""

    def save(old: str, new: str) -> Version:
        latest = version.template.versions.order_by("-number")[0]
        text = latest.text.replace(old, new, 1)
        return save_version(
            version.template, text=text, base=latest.number, message="Change.", by=alice
        ).version

    return save


def words(cluster: Cluster) -> list[str]:
    return [f"{c.what} {c.old} → {c.new} by {c.by}" for c in changed_since_launch(cluster)]


def with_a_worker(head: Head) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    head.report()


LARGER = ("cpu\n    instance_type: small", "cpu\n    instance_type: large")


def test_an_update_may_begin_to_replace_nodes_and_a_pause_keeps_the_progress(
    head: Head, saved: NewVersion, alice: User
) -> None:
    with_a_worker(head)
    updating.update_cluster(head.cluster, version=saved(*LARGER), replace=True, by=alice)
    head.cluster.refresh_from_db()
    assert head.cluster.replacing_since
    progress = replacement_of(head.cluster, head.nodes())
    assert progress
    assert progress.words == "0 of 1 node replaced"
    replacing.pause_replacement(head.cluster, by=alice)
    head.cluster.refresh_from_db()
    assert head.cluster.replacing_since is None
    replacing.replace_outdated(head.cluster, by=alice)
    messages = list(head.cluster.events.values_list("message", flat=True)[:3])
    assert "Resumed replacing 1 outdated node." in messages
    assert "Replacement paused: 0 of 1 node replaced." in messages
    assert replacement_of(head.cluster, head.nodes()) == progress


def test_an_update_can_be_taken_back(head: Head, saved: NewVersion, alice: User) -> None:
    first = head.cluster.version
    assert version_before(head.cluster) is None
    updating.update_cluster(head.cluster, version=saved("max_nodes: 4", "max_nodes: 7"), by=alice)
    head.cluster.refresh_from_db()
    assert words(head.cluster) == [f"Version train:1 → train:2 by {alice}"]
    assert version_before(head.cluster) == first
    updating.update_cluster(head.cluster, version=first, by=alice)
    head.cluster.refresh_from_db()
    assert head.cluster.groups.get(name="cpu").max_nodes == 4
    assert words(head.cluster) == []


def test_a_resize_says_who_changed_what_until_it_is_taken_back(head: Head, alice: User) -> None:
    operating.resize_group(head.cluster, group="cpu", min_nodes=0, max_nodes=1, by=alice)
    assert words(head.cluster) == [f"Group cpu: max 4 → 1 by {alice}"]
    operating.resize_group(head.cluster, group="cpu", min_nodes=0, max_nodes=4, by=alice)
    assert words(head.cluster) == []


def test_time_limits_are_changed_in_place_and_outlive_an_unrelated_update(
    head: Head, saved: NewVersion, alice: User
) -> None:
    limits.change_time_limits(head.cluster, idle_minutes=90, max_lifetime_minutes=None, by=alice)
    head.cluster.refresh_from_db()
    assert (head.cluster.idle_minutes, head.cluster.max_lifetime_minutes) == (90, None)
    assert words(head.cluster)[0] == f"Idle timeout 30 min → 90 min by {alice}"
    updating.update_cluster(head.cluster, version=saved("max_nodes: 4", "max_nodes: 7"), by=alice)
    head.cluster.refresh_from_db()
    assert head.cluster.idle_minutes == 90
    new = saved("idle_minutes: 30", "idle_minutes: 20")
    updating.update_cluster(head.cluster, version=new, by=alice)
    head.cluster.refresh_from_db()
    assert head.cluster.idle_minutes == 20


@pytest.mark.parametrize(("idle", "life"), [(0, None), (None, -1), (10**9, None)])
def test_time_limits_out_of_range_are_refused(
    head: Head, alice: User, idle: int | None, life: int | None
) -> None:
    with pytest.raises(Invalid, match="minutes"):
        limits.change_time_limits(
            head.cluster, idle_minutes=idle, max_lifetime_minutes=life, by=alice
        )


def test_a_lifetime_that_is_over_is_refused(head: Head, alice: User) -> None:
    head.cluster.run.started_at = now() - timedelta(hours=2)
    head.cluster.run.save()
    with pytest.raises(Invalid, match="would terminate it immediately"):
        limits.change_time_limits(head.cluster, idle_minutes=30, max_lifetime_minutes=60, by=alice)


def test_what_needs_a_new_head_is_relaunched_under_a_name_of_its_own(
    head: Head, saved: NewVersion, alice: User
) -> None:
    version = saved("instance_type: small\nworker", "instance_type: large\nworker")
    update = updating.check_update(head.cluster, version=version, by=alice)
    assert "changes the head node" in update.needs_relaunch
    new = relaunching.relaunch_cluster(head.cluster, version=version, by=alice)
    assert (new.name, new.version) == ("one-2", version)
    assert head.state == "terminating"


def test_a_relaunch_that_is_refused_loses_nothing(
    head: Head, saved: NewVersion, alice: User
) -> None:
    version = saved("instance_type: small\nworker", "instance_type: large\nworker")
    Version.objects.filter(pk=version.pk).update(archived_at=version.created_at)
    version.refresh_from_db()
    with pytest.raises(WrongState, match="archived"):
        relaunching.relaunch_cluster(head.cluster, version=version, by=alice)
    assert head.state == "running"
    assert Cluster.objects.count() == 1
