"""Consolidation, disruption budgets and the way back to spot, in passes of the reconcile loop."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import Team, User
from clusters import runs
from clusters.models import Cluster, Command, Consolidation, Node
from clusters.scaling.consolidation.policy import RECOMMEND_TIME
from clusters.scaling.consolidation.record import last_look
from domain.lifecycle import EndCause
from providers.failure_plan import PlannedFailure
from providers.fake.driver import FakeDriver
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db

TWO_TYPES = (
    TEXT
    + """\
  groups:
"""
)


@pytest.fixture
def started(
    launch: Callable[..., Cluster], research: Team, alice: User, queued: list[str]
) -> Callable[[str], BusyHead]:
    """Start a cluster whose block `mobula` goes on with these lines."""
    from configurations.services.templates import create_template

    def start(more: str, *, text: str = TEXT) -> BusyHead:
        version = create_template(
            team=research, name="other", text=text + more, message="First.", by=alice
        )
        head = BusyHead(launch("two", of=version))
        head.pass_by()
        head.report()
        head.pass_by()
        assert head.state == "running"
        return head

    return start


class BusyHead(Head):
    """A head whose nodes are busy with a part of what they have."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.cpus: dict[str, float] = {}  # of each node, in use
        self.actors: dict[str, int] = {}

    def _node(self, node: Node) -> dict[str, Any]:
        item = super()._node(node)
        total = node.promised
        free = total | {"CPU": total["CPU"] - self.cpus.get(node.name, 0)}
        return item | {
            "total": total,
            "available": free,
            "actors": self.actors.get(node.name, 0),
        }

    def grows(self, *cpus: float) -> list[Node]:
        """So many workers, ready for long, with so many CPUs in use."""
        self.wants(len(cpus), CPU=2.0)
        self.report()
        self.pass_by()
        self.report()
        self.wants(0)
        nodes = self.nodes()
        self.cpus |= {node.name: busy for node, busy in zip(nodes, cpus, strict=True)}
        self.ages(timedelta(hours=1))
        self.report()
        return nodes

    def ages(self, by: timedelta) -> None:
        """Let the ready nodes have been there for longer."""
        for node in self.nodes():
            node.requested_at -= by
            node.ready_at = node.ready_at and node.ready_at - by
            node.save()

    def looks(self, *, times: int = 1, after: float = 16) -> None:
        """Let passes look again, each so many seconds after the one before."""
        for _ in range(times):
            for row in Consolidation.objects.all():
                row.looked_at -= timedelta(seconds=after)
                row.since = row.since and row.since - timedelta(seconds=after)
                row.save()
            self.report()
            self.pass_by()

    def drained(self) -> list[tuple[str, str]]:
        """The nodes that drain, with what Ray is told to be the reason."""
        rows = Command.objects.filter(cluster=self.cluster, kind="drain").order_by("node__pk")
        return [(row.body["node"], row.body["reason"]) for row in rows]

    def decided(self, *kinds: str) -> list[str]:
        rows = self.cluster.decisions.filter(kind__in=kinds).order_by("pk")
        return list(rows.values_list("reason", flat=True))


@pytest.fixture
def acting(started: Callable[[str], BusyHead]) -> BusyHead:
    return started("  groups: {cpu: {consolidation: act}}\n")


def test_a_proposal_is_found_again_before_anything_comes_of_it(acting: BusyHead) -> None:
    first, second = acting.grows(1, 1)
    acting.looks()
    row = Consolidation.objects.get()
    assert row.proposal["nodes"] == [second.name]
    assert "can go: its work fits on the other nodes" in row.proposal["sentence"]
    assert second.label in row.proposal["sentence"]
    acting.looks(after=11)
    assert acting.drained() == []
    acting.looks()
    assert acting.drained() == [(second.name, "preemption")]
    second.refresh_from_db()
    assert (second.state, second.end_cause) == ("draining", EndCause.CONSOLIDATED)
    assert second.drain_deadline is not None
    assert second.drain_deadline - now() > timedelta(seconds=100)
    assert acting.decided("consolidate") == [second.end_reason]
    assert "score 1.00 >= threshold 0.50 (k: 2, savings 50.0%" in second.end_reason
    first.refresh_from_db()
    assert first.state == "ready"


def test_one_look_in_ten_seconds_is_enough(acting: BusyHead) -> None:
    acting.grows(1, 1)
    acting.looks()
    at = Consolidation.objects.get().looked_at
    acting.pass_by()
    assert Consolidation.objects.get().looked_at == at
    acting.looks()
    assert Consolidation.objects.get().looked_at > at


def test_what_changed_meanwhile_drops_the_proposal(acting: BusyHead) -> None:
    acting.grows(1, 1)
    acting.looks()
    acting.wants(1, CPU=2.0)
    acting.looks()
    assert Consolidation.objects.get().proposal == {}
    assert acting.drained() == []


def test_the_node_that_takes_the_work_is_kept_until_it_came(acting: BusyHead) -> None:
    first, second = acting.grows(1, 1)
    acting.looks(times=3)
    acting.idle[first.name] = 500.0
    acting.looks()
    assert acting.drained() == [(second.name, "preemption")]
    gone = {"node": second.name, "ray_node_id": f"id-of-{second.name}", "reason": None}
    acting.silent.add(second.name)
    acting.report(dead=[gone])
    acting.looks(times=3)
    second.refresh_from_db()
    first.refresh_from_db()
    assert (second.state, first.state) == ("terminated", "ready")
    Node.objects.filter(pk=second.pk).update(ended_at=now() - timedelta(seconds=11))
    acting.looks(times=2)
    first.refresh_from_db()
    assert (first.state, first.end_cause) == ("draining", EndCause.IDLE)


def test_a_recommendation_is_noted_once_in_a_while(started: Callable[[str], BusyHead]) -> None:
    head = started("")
    _, second = head.grows(1, 1)
    head.looks(times=5)
    assert head.drained() == []
    [reason] = head.decided("recommend")
    assert reason.startswith(f"{second.label} can go: its work fits on the other nodes")
    head.cluster.decisions.update(at=now() - RECOMMEND_TIME)
    head.looks()
    assert len(head.decided("recommend")) == 2


def test_nothing_is_looked_for_where_it_is_off(started: Callable[[str], BusyHead]) -> None:
    head = started("  scaling: {consolidation: false}\n")
    head.grows(1, 1)
    head.looks(times=3)
    assert head.decided("recommend", "consolidate", "keep") == []


def test_a_replacement_comes_first_and_then_the_work_moves(
    started: Callable[..., BusyHead], driver: FakeDriver
) -> None:
    head = started("    cpu: {consolidation: act}\n", text=TWO_TYPES)
    [large] = head.grows(1)
    Node.objects.filter(pk=large.pk).update(
        instance_type="large", resources={"CPU": 8.0}, hourly_microusd=800_000
    )
    head.looks(times=2)
    assert head.drained() == []
    new = head.nodes()[-1]
    assert (new.machine, new.decision.kind) == ("small", "launch")  # type: ignore[union-attr]
    assert "can go: one new small of group cpu takes its work" in new.decision.reason  # type: ignore[union-attr]
    head.idle[new.name] = 500.0
    head.looks(times=2)
    assert head.drained() == [(large.name, "preemption")]
    assert {node.name: node.state for node in head.nodes()} == {
        large.name: "draining", new.name: "ready",
    }  # fmt: skip


def test_a_replacement_that_does_not_come_changes_nothing(
    started: Callable[..., BusyHead], driver: FakeDriver
) -> None:
    head = started("    cpu: {consolidation: act}\n", text=TWO_TYPES)
    [large] = head.grows(1)
    Node.objects.filter(pk=large.pk).update(
        instance_type="large", resources={"CPU": 8.0}, hourly_microusd=800_000
    )
    driver.plan_failure(PlannedFailure(times=1, message="Sold out."))
    head.looks(times=4)
    assert head.drained() == []
    assert Consolidation.objects.get().state in {"none", "found", "confirmed"}
    event = head.cluster.events.get(kind="consolidation.canceled")
    assert "the replacement node did not start" in event.fields["why"]


def test_more_work_meanwhile_keeps_the_old_node(started: Callable[..., BusyHead]) -> None:
    head = started("    cpu: {consolidation: act}\n", text=TWO_TYPES)
    [large] = head.grows(1)
    Node.objects.filter(pk=large.pk).update(
        instance_type="large", resources={"CPU": 8.0}, hourly_microusd=800_000
    )
    head.looks(times=2)
    head.cpus[large.name] = 8
    head.looks(times=2)
    assert head.drained() == []
    event = head.cluster.events.get(kind="consolidation.canceled")
    assert event.fields["nodes"] == [large.name]
    assert large.label in event.message


def test_what_comes_closest_to_being_worth_it_is_noted_once(
    started: Callable[..., BusyHead],
) -> None:
    head = started("    cpu: {consolidation: act}\n", text=TWO_TYPES)
    [large] = head.grows(1)
    Node.objects.filter(pk=large.pk).update(
        instance_type="large", resources={"CPU": 8.0}, hourly_microusd=110_000
    )
    head.looks(times=3)
    [reason] = head.decided("keep")
    assert reason == (
        f"{large.label} stays: score 0.09 < threshold 0.50 (k: 2, savings 9.1%, disruption 100.0%)."
    )


def test_a_new_run_begins_anew(acting: BusyHead) -> None:
    acting.grows(1, 1)
    acting.looks()
    assert last_look(Cluster.objects.get(pk=acting.cluster.pk)) is not None
    runs.begin(acting.cluster)
    assert last_look(Cluster.objects.get(pk=acting.cluster.pk)) is None


PREFERS_SPOT = TEXT.replace("    max_nodes: 4", "    max_nodes: 4\n    market_type: PREFER_SPOT")


def standing_in(head: BusyHead) -> Node:
    """A dear on-demand node that idles, but not for long enough to go by itself."""
    [node] = head.grows(0)
    Node.objects.filter(pk=node.pk).update(market="on_demand", hourly_microusd=90_000_000)
    head.idle[node.name] = 5.0
    return node


def test_a_node_that_stands_in_for_spot_goes_back_if_ray_agrees(
    started: Callable[..., BusyHead],
) -> None:
    head = started("", text=PREFERS_SPOT)
    node = standing_in(head)
    head.looks(times=2)
    [reason] = head.decided("spot_return")
    assert reason.startswith(f"{node.label} goes back to spot (idle)")
    assert head.drained() == [(node.name, "idle")]
    node.refresh_from_db()
    assert node.end_cause == EndCause.SPOT_RETURN


@pytest.mark.parametrize(
    "kept",
    [
        "  scaling: {budgets: [{nodes: 0, reasons: [spot_return]}]}\n",
        "  groups: {cpu: {on_demand_nodes: 1}}\n",
    ],
)
def test_a_budget_or_a_floor_of_on_demand_nodes_keeps_it(
    started: Callable[..., BusyHead], kept: str
) -> None:
    head = started(kept, text=PREFERS_SPOT)
    standing_in(head)
    head.looks(times=2)
    assert head.decided("spot_return") == []
    assert head.drained() == []


def test_actors_are_moved_only_where_their_group_says_so(
    started: Callable[[str], BusyHead],
) -> None:
    head = started("  scaling: {consolidation: act}\n")
    _, second = head.grows(1, 1)
    head.actors = {second.name: 1}
    head.looks(times=4)
    assert head.drained() == []
    assert len(head.decided("recommend")) == 1
    head.actors = {}
    head.looks(times=3)
    assert len(head.drained()) == 1


def test_actors_nobody_knows_of_may_be_there(started: Callable[[str], BusyHead]) -> None:
    head = started("  scaling: {consolidation: act}\n")
    head.grows(1, 1)
    Node.objects.update(actors=None)
    head.actors = {node.name: None for node in head.nodes()}  # type: ignore[misc]
    head.looks(times=4)
    assert head.drained() == []


def test_a_budget_stops_consolidation_and_idle_nodes(started: Callable[[str], BusyHead]) -> None:
    head = started(
        "  scaling: {consolidation: act, budgets: [{nodes: 0, reasons: [consolidation]}, "
        "{nodes: 1, reasons: [idle]}]}\n"
    )
    first, second, third = head.grows(1, 1, 1)
    head.looks(times=3)
    assert head.drained() == []
    assert "blocked by a disruption budget" in next(
        iter(Consolidation.objects.get().stays.values())
    )
    head.idle |= {first.name: 100.0, second.name: 100.0}
    head.looks(times=2)
    assert len(head.drained()) == 1
    third.refresh_from_db()
    assert third.state == "ready"


def test_removed_capacity_passes_every_budget(started: Callable[[str], BusyHead]) -> None:
    head = started("  scaling: {budgets: [{nodes: 0}]}\n")
    head.grows(2, 2)
    head.cluster.groups.filter(name="cpu").update(max_nodes=1)
    head.pass_by()
    assert len(head.drained()) == 1


def test_what_ray_says_of_actors_is_kept_with_the_node(started: Callable[..., BusyHead]) -> None:
    head = started("")
    [node] = head.grows(1)
    head.actors = {node.name: 3}
    head.report()
    assert head.nodes()[0].actors == 3
    head.actors = {node.name: None}  # type: ignore[dict-item]
    head.report()
    assert head.nodes()[0].actors is None


def test_the_page_says_what_could_go_why_others_stay_and_how_it_is_measured(
    acting: BusyHead, alice: User
) -> None:
    def page() -> str:
        url = reverse("clusters:detail", args=[acting.cluster.pk])
        return html.unescape(client.get(url, {"tab": "scaling"}).content.decode())

    client = Client()
    client.force_login(alice)
    assert "No consolidation available" in page()
    _first, second, third = acting.grows(2, 1, 1)
    acting.looks()
    shown = page()
    assert f"{third.label} can go: its work fits on the other nodes" in shown
    assert "Found. Checked again before anything changes." in shown
    assert "Mode: cpu act." in shown
    assert "2 for each actor" in shown
    Node.objects.filter(pk=second.pk).update(requested_at=now())
    acting.looks()
    assert f"{second.label} stays: it has not been up for 60 s yet." in page()
