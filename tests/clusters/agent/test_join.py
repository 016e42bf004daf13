"""A machine exchanges its join token, once, for what its node needs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils.timezone import now

from agent import bundle
from clusters.models import Cluster, Event, Node, NodeJoin
from clusters.nodes.join_tokens import issue
from clusters.nodes.tokens import agent_token, ray_token
from providers.base import DriverFacts, NodeSpec
from providers.fake.driver import FakeDriver
from tests.clusters.agent.machine import PaperMachine
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db
ADDRESS = "10.0.0.9"


@pytest.fixture
def starting(cluster: Cluster) -> Node:
    """The head of a cluster that starts; the provider lists its machine."""
    head = Head(cluster)
    head.pass_by()
    node = head.nodes(role="head")[0]
    Node.objects.filter(pk=node.pk).update(address=ADDRESS)
    node.refresh_from_db()
    return node


@pytest.fixture
def worker(head: Head) -> Node:
    """A worker that starts in a running cluster."""
    head.wants(1, CPU=1)
    head.report()
    head.pass_by()
    node = head.nodes()[0]
    Node.objects.filter(pk=node.pk).update(address=ADDRESS)
    node.refresh_from_db()
    return node


def test_head_gets_its_name_both_tokens_and_the_agent(starting: Node) -> None:
    machine = PaperMachine(starting)
    answer = machine.join()
    assert answer.status_code == 200, answer.content
    cluster = Cluster.objects.get()
    told = answer.json()
    assert told["node"] == starting.name
    assert told["ray_token"] == ray_token(cluster)
    assert told["agent"]["token"] == agent_token(cluster)
    assert told["agent"]["run"] == 1
    assert told["head"] == ""
    assert machine.get_agent().content == bundle.pack()


def test_worker_gets_the_address_of_its_head_and_no_token_of_the_agent(worker: Node) -> None:
    machine = PaperMachine(worker)
    told = machine.join().json()
    assert told["head"] == worker.cluster.run.gcs_address != ""
    assert told["agent"] is None
    assert agent_token(worker.cluster) not in str(told)
    assert machine.get_agent().status_code == 403


def test_nothing_that_opens_anything_is_stored_in_clear(starting: Node) -> None:
    machine = PaperMachine(starting)
    machine.join()
    grant = NodeJoin.objects.get()
    stored = str([getattr(grant, field.attname) for field in NodeJoin._meta.concrete_fields])
    assert machine.token not in stored
    assert machine.secret not in stored


def test_token_is_good_for_one_machine(starting: Node) -> None:
    machine = PaperMachine(starting)
    assert machine.join().status_code == 200
    other = PaperMachine(starting, secret="0d" * 32)
    for _ in range(2):
        answer = other.join()
        assert answer.status_code == 403
        assert "was used already" in answer.json()["error"]
    assert other.report().status_code == 401
    assert machine.report().status_code == 200
    events = Event.objects.filter(kind="node.join_rejected")
    assert [event.fields["node"] for event in events] == [starting.name]


def test_machine_whose_answer_was_lost_gets_it_again_but_not_for_long(starting: Node) -> None:
    machine = PaperMachine(starting)
    assert machine.join().json() == machine.join().json()
    NodeJoin.objects.update(used_at=now() - timedelta(minutes=16))
    assert machine.join().status_code == 403


def test_token_is_bound_to_the_address_that_the_provider_tells(starting: Node) -> None:
    answer = PaperMachine(starting).join(address="10.0.0.66")
    assert answer.status_code == 403
    assert ADDRESS not in answer.json()["error"]
    assert NodeJoin.objects.get().used_at is None
    event = Event.objects.get(kind="node.join_rejected")
    assert event.fields == {"node": starting.name, "address": "10.0.0.66"}


def test_machine_that_the_provider_does_not_list_yet_waits(starting: Node) -> None:
    Node.objects.update(address="")
    answer = PaperMachine(starting).join()
    assert (answer.status_code, answer["Retry-After"]) == (409, "3")


def test_worker_waits_for_the_address_of_its_head(worker: Node) -> None:
    type(worker.cluster.run).objects.update(gcs_address="")
    answer = PaperMachine(worker).join()
    assert (answer.status_code, answer["Retry-After"]) == (409, "3")


def test_token_expires(starting: Node) -> None:
    machine = PaperMachine(starting)
    NodeJoin.objects.update(expires_at=now() - timedelta(seconds=1))
    assert machine.join().status_code == 403


def test_node_that_has_ended_gets_nothing_more(starting: Node) -> None:
    machine = PaperMachine(starting)
    machine.join()
    Node.objects.update(state="terminating")
    for answer in (
        machine.join(),
        machine.report(),
        machine.post("interruption", {"at": "2026-01-01T00:00:00Z"}),
        machine.get_agent(),
    ):
        assert answer.status_code == 410


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"index": "-1"}, "index"),
        ({"index": "1" * 7}, "index"),
        ({"index": "٣"}, "index"),
        ({"secret": "5e"}, "secret"),
        ({"secret": ["5e" * 32]}, "secret"),
        ({"address": "host"}, "address"),
    ],
)
def test_value_that_cannot_be_is_named(
    starting: Node, fields: dict[str, object], word: str
) -> None:
    answer = PaperMachine(starting).join(**fields)
    assert answer.status_code == 400
    assert word in answer.json()["error"]


@pytest.mark.parametrize("body", ["[]", "{", "[" * 50_000, "1"])
def test_body_that_is_no_object_is_refused(starting: Node, body: str) -> None:
    machine = PaperMachine(starting)
    assert machine.post("join", body, key=machine.token).status_code == 400
    machine.join()
    assert machine.post("report", body).status_code == 400


def test_stranger_learns_nothing(starting: Node) -> None:
    machine = PaperMachine(starting)
    assert machine.join(token="0" * 64).status_code == 401
    assert machine.join(index="1").status_code == 401  # nobody of that number in its batch
    assert machine.report().status_code == 401  # it has not joined
    assert machine.post("report", {}, key=agent_token(starting.cluster)).status_code == 401


def test_repeated_launch_hands_out_the_same_token_also_after_the_key_was_changed(
    starting: Node, settings: object
) -> None:
    token = issue([starting])[starting.name]
    assert issue([starting]) == {starting.name: token}
    old = settings.SECRET_KEY  # type: ignore[attr-defined]
    with override_settings(
        SECRET_KEY="n" * 30 + "ew-0123456789-abcdefgh", SECRET_KEY_FALLBACKS=[old]
    ):
        assert issue([starting]) == {starting.name: token}


@pytest.mark.parametrize("nodes_join", [True, False])
def test_driver_whose_machines_join_gets_their_tokens(
    cluster: Cluster, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch, nodes_join: bool
) -> None:
    launched: list[NodeSpec] = []
    monkeypatch.setattr(driver, "facts", DriverFacts(nodes_join=nodes_join))
    monkeypatch.setattr(driver, "launch", lambda _ref, nodes: launched.extend(nodes))
    head = Head(cluster)
    for _ in range(2):  # the provider does not list it: it is launched again
        head.pass_by()
    tokens = {spec.join_token for spec in launched}
    expected = set(issue(head.nodes(role="head")).values())
    assert tokens == (expected if nodes_join else {""})
    assert not nodes_join or NodeJoin.objects.count() == 1


def test_machines_of_one_launch_share_a_token_and_differ_in_their_index(head: Head) -> None:
    head.wants(4, CPU=1)
    head.report()
    head.pass_by()
    nodes = head.nodes()
    assert [node.batch_index for node in nodes] == list(range(len(nodes)))
    assert len(set(issue(nodes).values())) == 1 < len(nodes)
    for number, node in enumerate(nodes):
        Node.objects.filter(pk=node.pk).update(address=f"10.0.0.{number}")
    for number, node in enumerate(nodes):
        machine = PaperMachine(node, secret=f"{number:02x}" * 32)
        told = machine.join(index=str(number), address=f"10.0.0.{number}")
        assert told.json()["node"] == node.name
    one_more = PaperMachine(nodes[0]).join(index=str(len(nodes)), address="10.0.0.0")
    assert one_more.status_code == 401
