"""The programs that a machine runs speak with the real endpoint: none of it is a double."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from django.utils.timezone import now
from pytest_django.live_server_helper import LiveServer

from agent import bundle
from clusters.models import Cluster, Event, Node
from clusters.nodes.join_tokens import issue
from clusters.nodes.tokens import agent_token, ray_token
from clusters.queries.timeline import phases
from providers.bootstrap.node import BootNode
from providers.bootstrap.user_data import user_data
from tests.clusters.head import Head
from tests.providers.bootstrap.metadata import Metadata
from tests.providers.bootstrap.nodes import HEAD
from tests.providers.bootstrap.sandbox import Sandbox, eventually

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "10.0.0.9"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def node(cluster: Cluster) -> Node:
    """The head of a cluster that starts; the provider lists its machine."""
    head = Head(cluster)
    head.pass_by()
    node = head.nodes(role="head")[0]
    Node.objects.filter(pk=node.pk).update(address=ADDRESS)
    return node


def machine(stack: ExitStack, server: LiveServer, node: Node, **changes: object) -> Sandbox:
    url = server.url.replace("localhost", "127.0.0.1")
    metadata = stack.enter_context(Metadata(address=ADDRESS))
    boot: BootNode = replace(HEAD, url=url, join_token=issue([node])[node.name], **changes)
    return stack.enter_context(Sandbox(user_data(boot), metadata=metadata.url))


def test_head_joins_and_its_steps_are_known(
    stack: ExitStack, live_server: LiveServer, node: Node
) -> None:
    box = machine(stack, live_server, node)
    assert box.boot() == 0, box.log
    node.refresh_from_db()
    steps = [(step["step"], step["state"]) for step in node.startup]
    assert steps == [(step, "done") for step in ("boot", "disk", "pull", "join")]
    assert [p.label for p in phases(node, now())][2:] == ["Boot", "Disks", "Image", "Ray", "Ready"]
    state = box.root / "var/lib/mobula"
    given = json.loads((state / "agent/agent.json").read_text())
    assert given["token"] == agent_token(node.cluster)
    assert (state / "agent/head_agent.pyz").read_bytes() == bundle.pack()
    assert (state / "ray-token").read_text().strip() == ray_token(node.cluster)
    assert f"--node-name={node.name}" in box.container("mobula-ray")["words"]

    # The same user data on another machine: refused, noted, and the machine ends.
    second = machine(stack, live_server, node)
    assert second.boot() == 1
    assert second.ended == "Mobula: Mobula refused it."
    assert Event.objects.filter(kind="node.join_rejected").count() == 1

    Node.objects.filter(pk=node.pk).update(state="terminating")
    eventually(lambda: box.ended, what="the end of a machine whose node has ended", seconds=60)


def test_image_that_cannot_be_pulled_ends_the_node(
    stack: ExitStack, live_server: LiveServer, node: Node
) -> None:
    box = machine(stack, live_server, node)
    box.fail("docker pull", text="Error response from daemon: manifest unknown")
    assert box.boot() == 1
    Head(node.cluster).pass_by()
    node.refresh_from_db()
    assert node.end_cause == "start failed"
    assert "manifest unknown" in node.end_reason
