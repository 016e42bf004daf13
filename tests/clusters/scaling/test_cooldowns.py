"""What refused launches and interruptions lead to, and what the page says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import Team, User
from accounts.permissions import Action, may
from clusters import runs
from clusters.models import Cluster, Command, Cooldown, Node
from clusters.nodes.driver_refs import specification
from clusters.queries.cooldowns import cooldowns_of
from clusters.scaling import cooldowns
from clusters.scaling.spot_return import spot_returns
from clusters.services.groups import try_group_again
from configurations.models import Version
from domain.cooldowns import FailureClass, why_cold
from domain.lifecycle import EndCause
from domain.offerings import Market
from providers.failure_plan import PlannedFailure, PlannedInterruption
from providers.fake.driver import FakeDriver
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def grow(head: Head, count: int) -> list[Node]:
    """The workers after Ray asked for so many, whatever became of them."""
    head.wants(count, CPU=2.0)
    head.report()
    head.pass_by()
    return list(head.cluster.nodes.filter(role="worker").order_by("pk"))


def failed(head: Head, node: Node, failure: str = "capacity", cause: str = "Sold out.") -> None:
    cluster = Cluster.objects.get(pk=head.cluster.pk)
    cooldowns.note_failure(cluster, node, failure=FailureClass(failure), cause=cause)


def test_a_refused_worker_ends_and_the_others_of_its_call_go_on(
    head: Head, driver: FakeDriver
) -> None:
    driver.plan_failure(PlannedFailure(times=1, message="Sold out."))
    first, second = grow(head, 2)[:2]
    assert (first.state, first.end_cause) == ("terminating", EndCause.START_FAILED)
    assert (first.end_reason, second.state) == ("Sold out.", "booting")
    row = Cooldown.objects.get()
    assert (row.instance_type, row.zone, row.market) == (first.machine, first.zone, first.market)
    assert (row.streak, row.cluster) == (1, head.cluster)
    assert timedelta(minutes=4) < row.until - now() <= timedelta(minutes=5)
    assert head.cluster.events.get(kind="node.start_failed").node == first
    event = head.cluster.events.get(severity="warning")
    assert event.kind == "cooldown.started"
    assert event.fields["instance_type"] == first.machine
    assert (event.fields["failures"], event.fields["cause"]) == (1, "Sold out.")
    assert "is in cooldown until" in event.message
    assert "Sold out." in event.message


def test_a_refused_worker_cannot_start_late(head: Head, driver: FakeDriver) -> None:
    driver.plan_failure(PlannedFailure(times=1))
    first = grow(head, 1)[0]
    head.wants(0)
    head.report()
    for _ in range(2):
        head.pass_by()
    first.refresh_from_db()
    assert first.state == "terminated"
    assert first.name in {name for c in driver.calls if c.verb == "terminate" for name in c.names}


def test_a_machine_that_the_provider_gives_up_later_cools_down_too(
    head: Head, driver: FakeDriver
) -> None:
    node = grow(head, 1)[0]
    head.silent.add(node.name)
    head.wants(0)  # else its replacement would prove that there are such machines
    head.report()
    driver.break_node(node.name, reason="Sold out.", failure=FailureClass.CAPACITY)
    head.pass_by()
    node.refresh_from_db()
    assert node.end_cause == EndCause.START_FAILED
    assert Cooldown.objects.get().cause == "Sold out."


def test_a_node_is_counted_and_priced_as_the_machine_that_it_is(head: Head) -> None:
    node = grow(head, 1)[0]
    assert node.hardware.vcpus == node.group.vcpus
    node.instance_type, node.resources = "large", {"CPU": 8.0}
    node.vcpus, node.memory_bytes, node.gpus = 8, 32 * 2**30, 0
    assert (node.machine, node.promised, node.hardware.gpus) == ("large", {"CPU": 8.0}, 0)
    asked = specification(node)
    assert (asked.instance_type, asked.resources) == ("large", {"CPU": 8.0})


def test_a_machine_that_is_there_ends_the_streak(head: Head) -> None:
    node = grow(head, 1)[0]
    failed(head, node)
    cooldowns.note_success(head.cluster, node)  # it was asked for before the failure
    assert Cooldown.objects.exists()
    node.requested_at = now()
    cooldowns.note_success(head.cluster, node)
    assert not Cooldown.objects.exists()


def test_failures_after_a_cooldown_double_it(head: Head) -> None:
    node = grow(head, 1)[0]
    for streak in (1, 2, 3):
        failed(head, node)
        failed(head, node)
        assert Cooldown.objects.get().streak == streak
        Cooldown.objects.update(until=now() - timedelta(seconds=1))
    assert cooldowns.cooling_of(head.cluster) == {}


def test_a_used_up_quota_blocks_the_market_of_the_account(head: Head) -> None:
    node = grow(head, 1)[0]
    failed(head, node, "quota", "64 vCPUs at most.")
    cold = cooldowns.cooling_of(head.cluster)
    why = why_cold(cold, instance_type="anything", zone="z", market=Market(node.market))
    assert "is blocked until" in why
    assert not why_cold(cold, instance_type="anything", market=Market.SPOT)


@pytest.mark.parametrize("failure", ["permission", "configuration"])
def test_what_only_a_person_can_mend_stops_the_group_until_somebody_tries_again(
    head: Head, driver: FakeDriver, alice: User, client: Client, failure: str
) -> None:
    driver.plan_failure(PlannedFailure(failure=failure, times=1, message="You may not."))
    grow(head, 1)
    stopped = cooldowns.stopped_of(head.cluster)
    assert stopped == {"cpu": f"You may not ({failure}). Fix the cause, then select Retry now."}
    event = head.cluster.events.get(kind="group.stopped")
    assert (event.severity, event.fields["group"]) == ("error", "cpu")
    assert event.fields["failure"] == failure
    assert not Cooldown.objects.exists()
    client.force_login(alice)
    client.post(reverse("clusters:try-again", args=[head.cluster.pk, "cpu"]))
    assert head.cluster.events.get(kind="group.retried").fields["group"] == "cpu"
    assert cooldowns.stopped_of(head.cluster) == {}
    answer = client.post(reverse("clusters:try-again", args=[head.cluster.pk, "cpu"]), follow=True)
    assert "is not stopped" in answer.content.decode()


@pytest.mark.parametrize(("name", "status"), [("gpu", 404), ("c\0pu", 400)])
def test_a_group_that_is_none_cannot_be_tried_again(
    head: Head, alice: User, client: Client, name: str, status: int
) -> None:
    client.force_login(alice)
    url = reverse("clusters:try-again", args=[head.cluster.pk, name])
    assert client.post(url).status_code == status


def test_a_new_run_tries_stopped_groups_again(head: Head) -> None:
    failed(head, grow(head, 1)[0], "permission")
    assert cooldowns.stopped_of(head.cluster)
    runs.begin(head.cluster)
    assert not cooldowns.stopped_of(head.cluster)
    with pytest.raises(WrongState, match="is not stopped"):
        try_group_again(head.cluster, group="cpu", by=head.cluster.owner)


def test_a_capacity_failure_of_the_head_cools_down_and_is_asked_again(
    cluster: Cluster, driver: FakeDriver
) -> None:
    driver.plan_failure(PlannedFailure(times=1, message="Sold out."))
    head = Head(cluster)
    head.pass_by()
    assert Cooldown.objects.get().cause == "Sold out."
    head.cluster.refresh_from_db()
    assert head.cluster.run.last_error == "Sold out."
    head.pass_by()
    assert head.nodes(role="head")[0].state == "booting"


def test_the_page_lists_what_cools_down_and_what_is_stopped(head: Head, alice: User) -> None:
    node = grow(head, 1)[0]
    failed(head, node)
    failed(head, node, "permission", "You may not.")
    context = {
        "cluster": head.cluster,
        "cooldowns": cooldowns_of(head.cluster),
        "may_operate": may(alice, Action.OPERATE, team=head.cluster.team),
    }
    html = render_to_string("clusters/cooling_table.html", context)
    assert f"{Cooldown.objects.get().until:%H:%M}" in html
    assert "Sold out." in html
    assert "You may not" in html
    assert "Retry now" in html
    Cooldown.objects.all().delete()
    context["cooldowns"] = cooldowns_of(head.cluster)
    assert "No cooldowns." in render_to_string("clusters/cooling_table.html", context)


def test_another_cluster_of_the_cloud_sees_the_same(
    head: Head, launch: Callable[..., Cluster]
) -> None:
    failed(head, grow(head, 1)[0])
    (row,) = cooldowns_of(launch("two")).rows
    assert not row.seen_here


def test_an_interrupted_node_is_drained_in_the_time_there_is(
    head: Head, driver: FakeDriver
) -> None:
    node = grow(head, 1)[0]
    head.report()
    market = node.market
    driver.plan_interruption(PlannedInterruption(market=market, in_seconds=120))
    head.pass_by()
    head.pass_by()  # the same notice again
    node.refresh_from_db()
    assert (node.state, node.end_cause) == ("draining", EndCause.INTERRUPTED)
    assert node.drain_deadline
    left = (node.drain_deadline - now()).total_seconds()
    assert 110 < left <= 115
    command = Command.objects.get(node=node)
    assert command.body["reason"] == "preemption"
    assert 110 <= command.body["deadline_seconds"] <= 115
    assert head.cluster.events.filter(node=node, kind="node.interrupted").exists()
    event = head.cluster.events.get(severity="warning")
    assert (event.kind, event.fields["node"]) == ("spot.interruption_notice", node.name)
    assert 110 < event.fields["seconds_left"] <= 115
    assert f"Spot interruption of {node.label}" in event.message


def test_a_node_that_drains_already_gets_the_shorter_deadline(
    head: Head, driver: FakeDriver
) -> None:
    node = grow(head, 1)[0]
    head.report()
    Node.objects.filter(pk=node.pk).update(state="draining", draining_at=now(), end_cause="idle")
    driver.plan_interruption(PlannedInterruption(market=node.market, in_seconds=60))
    head.pass_by()
    node.refresh_from_db()
    assert (node.state, node.end_cause, node.drain_deadline is None) == ("draining", "idle", False)


def test_a_node_that_was_taken_back_unheard_is_interrupted_not_lost(
    head: Head, driver: FakeDriver
) -> None:
    node = grow(head, 1)[0]
    head.report()
    driver.plan_interruption(PlannedInterruption(market=node.market, in_seconds=0))
    head.pass_by()
    node.refresh_from_db()
    assert (node.state, node.end_cause) == ("terminated", EndCause.INTERRUPTED)


def test_a_head_that_is_taken_back_is_told_once(head: Head, driver: FakeDriver) -> None:
    name = head.nodes(role="head")[0].name
    driver.plan_interruption(PlannedInterruption(node=name, in_seconds=90))
    for _ in range(3):
        head.pass_by()
    event = head.cluster.events.get(severity="error")
    assert (event.kind, event.fields["role"]) == ("spot.interruption_notice", "head")
    assert "Spot interruption of the head node" in event.message
    assert head.state == "running"


@pytest.fixture
def prefers_spot(research: Team, alice: User, version: Version) -> Version:
    """A group that prefers spot and falls back to on-demand machines."""
    from configurations.services.templates import create_template

    text = TEXT.replace("max_nodes: 4", "max_nodes: 4\n    market_type: PREFER_SPOT")
    return create_template(team=research, name="spot", text=text, message="First.", by=alice)


def test_an_idle_on_demand_node_goes_back_to_spot(
    prefers_spot: Version, launch: Callable[..., Cluster]
) -> None:
    head = Head(launch("three", of=prefers_spot))
    for _ in range(2):
        head.pass_by()
        head.report()
    head.pass_by()
    node = grow(head, 1)[0]
    head.idle[node.name] = 1.0
    head.report()
    Node.objects.filter(pk=node.pk).update(
        market="on_demand", hourly_microusd=100_000, ready_at=now() - timedelta(hours=20)
    )
    Cluster.objects.filter(pk=head.cluster.pk).update(max_lifetime_minutes=None)
    cluster = Cluster.objects.get(pk=head.cluster.pk)
    nodes = list(cluster.nodes.select_related("group").exclude(state="terminated"))
    (back,) = spot_returns(cluster, nodes)
    assert back.node == node.name
    assert "returns to spot" in back.sentence
    failed(head, Node(group=node.group, market="spot", instance_type="small", zone=""))
    assert spot_returns(cluster, nodes) == []
