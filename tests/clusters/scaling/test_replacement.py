"""Outdated nodes: which they are, and how they are replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import now

from accounts.models import User
from clusters.models import Cluster, Event
from clusters.nodes.outdated import outdated_of
from clusters.queries.outdated import outdated_summary
from clusters.services.replacing import pause_replacement, replace_outdated
from clusters.services.updating import update_cluster
from configurations.services.templates import save_version
from domain.lifecycle import EndCause
from tests.clusters.head import Head

if TYPE_CHECKING:
    from tests.clusters.busy_head import BusyHead

pytestmark = pytest.mark.django_db

SMALL, MEDIUM = "name: cpu\n    instance_type: small", "name: cpu\n    instance_type: large"


def update(head: Head, old: str, new: str, by: User) -> None:
    cluster = Cluster.objects.get(pk=head.cluster.pk)
    text = cluster.version.text.replace(old, new, 1)
    saved = save_version(
        cluster.version.template, text=text, base=cluster.version.number, message="Next.", by=by
    )
    update_cluster(cluster, version=saved.version, by=by)


def step(head: Head) -> None:
    """Ray reports, a pass acts on it, and the time of drained nodes is over."""
    head.report()
    head.pass_by()
    head.cluster.nodes.filter(state="draining").update(drain_deadline=now())
    head.pass_by()


def test_only_nodes_whose_group_changed_for_new_nodes_are_outdated(
    started: Callable[..., BusyHead], alice: User
) -> None:
    head = started("")
    head.grows(2, 2)
    update(head, "max_nodes: 4", "max_nodes: 5", alice)
    assert outdated_of(Cluster.objects.get(pk=head.cluster.pk), head.nodes()) == {}
    update(head, SMALL, MEDIUM, alice)
    cluster = Cluster.objects.get(pk=head.cluster.pk)
    summary = outdated_summary(cluster, head.nodes())
    assert summary.nodes == {node.name for node in head.nodes()}
    assert summary.count_words.startswith("2 of 2 worker nodes run with the settings of an earlier")
    assert summary.lines == ("Group cpu: Instance type: small → large",)
    update(head, MEDIUM, SMALL, alice)
    assert outdated_of(Cluster.objects.get(pk=head.cluster.pk), head.nodes()) == {}


def test_outdated_nodes_stay_until_somebody_replaces_them(
    started: Callable[..., BusyHead], alice: User
) -> None:
    head = started("")
    head.grows(2, 2)
    update(head, SMALL, MEDIUM, alice)
    for _ in range(3):
        step(head)
    assert [node.state for node in head.nodes()] == ["ready", "ready"]


def test_outdated_nodes_are_replaced_one_at_a_time(
    started: Callable[..., BusyHead], alice: User
) -> None:
    head = started("", text=_with_minimum())
    old = {node.name for node in head.grows(2, 2)}
    update(head, SMALL, MEDIUM, alice)
    replace_outdated(head.cluster, by=alice)
    head.report()
    head.pass_by()
    assert sum(node.state == "draining" for node in head.nodes()) == 1
    for _ in range(8):
        step(head)
    nodes = head.nodes()
    assert {node.machine for node in nodes} == {"large"}
    assert not old & {node.name for node in nodes}
    assert set(head.cluster.nodes.filter(name__in=old).values_list("end_cause", flat=True)) == {
        EndCause.OUTDATED
    }
    assert Cluster.objects.get(pk=head.cluster.pk).replacing_since is None
    kinds = list(Event.objects.filter(kind__startswith="cluster.replacement").values_list("kind"))
    assert sorted(kinds) == [("cluster.replacement_ended",), ("cluster.replacement_started",)]


def test_a_budget_stops_the_replacement(started: Callable[..., BusyHead], alice: User) -> None:
    head = started("  scaling: {budgets: [{nodes: 0, reasons: [outdated]}]}\n")
    head.grows(2, 2)
    update(head, SMALL, MEDIUM, alice)
    replace_outdated(head.cluster, by=alice)
    step(head)
    assert [node.state for node in head.nodes()] == ["ready", "ready"]


def test_a_paused_replacement_lets_the_other_nodes_run_on(
    started: Callable[..., BusyHead], alice: User
) -> None:
    head = started("", text=_with_minimum())
    head.grows(2, 2)
    update(head, SMALL, MEDIUM, alice)
    replace_outdated(head.cluster, by=alice)
    pause_replacement(head.cluster, by=alice)
    step(head)
    assert [node.state for node in head.nodes()] == ["ready", "ready"]


def _with_minimum() -> str:
    from tests.clusters.conftest import TEXT

    return TEXT.replace("max_nodes: 4", "min_nodes: 2\n    max_nodes: 4")
