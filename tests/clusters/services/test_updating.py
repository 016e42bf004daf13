"""Another version of its template for a cluster that runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.errors import Invalid, WrongState
from accounts.models import AuditEntry, Team, User
from clusters.models import Cluster, Event
from clusters.services import operating, replacing
from clusters.services.updating import check_update, update_cluster
from configurations.models import Version
from configurations.services.templates import create_template, save_version
from domain.configuration.effects import Effect
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db

type NewVersion = Callable[..., Version]


@pytest.fixture
def saved(version: Version, alice: User) -> NewVersion:
    """Save the next version of alice's template, with a part of its text replaced."""

    def save(old: str, new: str) -> Version:
        latest = version.template.versions.latest("number")
        text = latest.text.replace(old, new, 1)
        assert text != latest.text
        saved = save_version(
            version.template, text=text, base=latest.number, message="Next.", by=alice
        )
        return saved.version

    return save


def worker(text: str) -> str:
    return f"- name: cpu\n    {text}"


SMALL, MEDIUM = worker("instance_type: small"), worker("instance_type: large")


def test_limits_and_settings_of_the_new_version_hold_at_once(
    head: Head, saved: NewVersion, alice: User
) -> None:
    new = saved("max_nodes: 4", "max_nodes: 7")
    new = saved("idle_minutes: 30", "idle_minutes: 45\n  max_usd_per_hour: 9.5")
    update = update_cluster(head.cluster, version=new, by=alice)
    assert update.effect is Effect.LIVE
    row = Cluster.objects.get(pk=head.cluster.pk)
    assert (row.version, row.idle_minutes, float(row.max_usd_per_hour or 0)) == (new, 45, 9.5)
    assert row.groups.get(name="cpu").max_nodes == 7
    event = Event.objects.get(kind="cluster.updated")
    assert event.fields["from"], event.fields["to"] == ("train:1", "train:3")
    assert "Group cpu: Maximum nodes: 4 → 7" in event.fields["changes"]
    assert AuditEntry.objects.get(action="cluster.updated").after["version"] == "train:3"


def test_a_running_node_keeps_its_machine_and_a_new_one_gets_the_new_machine(
    head: Head, saved: NewVersion, alice: User
) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    [old] = head.nodes()
    before = (old.machine, old.promised, old.hardware)
    update_cluster(head.cluster, version=saved(SMALL, MEDIUM), by=alice)
    [old] = head.nodes()
    assert (old.machine, old.promised, old.hardware) == before
    head.wants(9, CPU=2.0)
    head.report()
    head.pass_by()
    assert {node.machine for node in head.nodes() if node.pk != old.pk} == {"large"}


def test_a_group_resized_by_a_user_keeps_its_size_where_the_version_leaves_it(
    head: Head, saved: NewVersion, alice: User
) -> None:
    operating.resize_group(head.cluster, group="cpu", min_nodes=0, max_nodes=9, by=alice)
    update_cluster(head.cluster, version=saved("idle_minutes: 30", "idle_minutes: 5"), by=alice)
    assert head.cluster.groups.get(name="cpu").max_nodes == 9
    version = saved("max_nodes: 4", "max_nodes: 3")
    found = check_update(head.cluster, version=version, by=alice)
    assert found.overwritten == ("Group cpu was resized to 0–9 nodes; the update sets 0–3.",)
    update_cluster(head.cluster, version=version, by=alice)
    assert head.cluster.groups.get(name="cpu").max_nodes == 3


def test_nodes_of_a_removed_group_go(head: Head, saved: NewVersion, alice: User) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    head.report()
    head.wants(0)
    head.report()
    update_cluster(head.cluster, version=saved("- name: cpu", "- name: other"), by=alice)
    head.pass_by()
    assert [node.state for node in head.nodes()] == ["draining"]
    assert head.cluster.groups.filter(name="other").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("instance_type: small\nworker", "instance_type: large\nworker", "changes the head node"),
        ("instance_type: small\nworker", "instance_type: giant\nworker", "giant"),
    ],
)
def test_what_needs_a_new_cluster_is_refused_and_nothing_changes(
    head: Head, saved: NewVersion, alice: User, old: str, new: str, words: str
) -> None:
    version = head.cluster.version
    with pytest.raises(Invalid, match=words):
        update_cluster(head.cluster, version=saved(old, new), by=alice)
    assert Cluster.objects.get(pk=head.cluster.pk).version == version


def test_a_version_of_another_template_is_refused(head: Head, research: Team, alice: User) -> None:
    other = create_template(team=research, name="other", text=TEXT, message="First.", by=alice)
    with pytest.raises(Invalid, match="another template"):
        update_cluster(head.cluster, version=other, by=alice)


def test_a_stopped_cluster_is_not_updated(head: Head, saved: NewVersion, alice: User) -> None:
    new = saved("max_nodes: 4", "max_nodes: 7")
    operating.stop_cluster(head.cluster, by=alice)
    head.cluster.refresh_from_db()
    with pytest.raises(WrongState, match="Start it before you update it"):
        update_cluster(head.cluster, version=new, by=alice)


def test_an_update_of_a_cluster_that_somebody_else_updated_is_refused(
    head: Head, saved: NewVersion, alice: User
) -> None:
    seen = Cluster.objects.get(pk=head.cluster.pk)
    update_cluster(head.cluster, version=saved("max_nodes: 4", "max_nodes: 7"), by=alice)
    with pytest.raises(WrongState, match="changed meanwhile"):
        update_cluster(seen, version=saved("max_nodes: 7", "max_nodes: 8"), by=alice)


def test_nothing_is_replaced_where_all_nodes_are_current(head: Head, alice: User) -> None:
    with pytest.raises(WrongState, match="All nodes"):
        replacing.replace_outdated(head.cluster, by=alice)
