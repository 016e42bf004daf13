"""What the user data starts is real Ray: a head with its agent, and a worker that joins it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from providers.bootstrap.node import BootNode, Ports
from providers.bootstrap.user_data import user_data
from tests.providers.bootstrap.metadata import Metadata
from tests.providers.bootstrap.mobula_double import AGENT_TOKEN, RAY_TOKEN, NodesDouble
from tests.providers.bootstrap.nodes import HEAD, WORKER
from tests.providers.bootstrap.sandbox import Sandbox, eventually
from tests.ray_nodes import RAY, free_port

pytestmark = pytest.mark.ray
STORE = {"object_store_memory": 100 * 2.0**20}


def address(number: int) -> str:
    """An own address for each node: Ray mixes up nodes that share one."""
    return f"127.{30 + os.getpid() % 200}.{os.getpid() // 200 % 250}.{number}"


def started(stack: ExitStack, node: BootNode, mobula: NodesDouble, *, number: int) -> Sandbox:
    metadata = stack.enter_context(Metadata(address=address(number)))
    text = user_data(replace(node, url=mobula.url))
    box = stack.enter_context(Sandbox(text, metadata=metadata.url))
    box.environment = {
        "SANDBOX_RAY": RAY,
        "SANDBOX_DASHBOARD_METRIC_PORT": str(free_port()),
        "SANDBOX_AUTOSCALER_METRIC_PORT": str(free_port()),
        "SANDBOX_SPEED": "1",  # Ray has a clock of its own
        "SANDBOX_HURRY": "1",
    }
    assert box.boot() == 0, box.log
    return box


@pytest.fixture
def nodes() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_head_and_worker_become_one_cluster(nodes: ExitStack) -> None:
    agent = {"cluster": "c1", "run": 1, "token": AGENT_TOKEN, "ray_token": RAY_TOKEN}
    for_head = nodes.enter_context(NodesDouble(node="c4f1-1"))
    for_head.joined["agent"] = agent
    ports = Ports(gcs=free_port(), dashboard=free_port(), client=free_port())
    head = replace(HEAD, ports=ports, resources={"CPU": 0.0, **STORE})
    started(nodes, head, for_head, number=1)

    gcs = f"{address(1)}:{ports.gcs}"
    for_worker = nodes.enter_context(NodesDouble(node="c4f1-2", head=gcs))
    labels = {"team": "research"}
    worker = replace(WORKER, resources={"CPU": 3.0, "fast disk": 1.0, **STORE}, labels=labels)
    box = started(nodes, worker, for_worker, number=2)
    assert for_worker.phases()[-1] == ("join", "done")

    def listed() -> dict[str, dict[str, Any]]:
        last = for_head.syncs[-1]["nodes"] if for_head.syncs else []
        return {node["node"]: node for node in last}

    eventually(lambda: set(listed()) == {"c4f1-1", "c4f1-2"}, what="both nodes in Ray", seconds=60)
    joined = listed()["c4f1-2"]
    assert joined["total"]["CPU"] == 3.0
    assert joined["total"]["fast disk"] == 1.0
    assert joined["group"] == "cpu"
    assert joined["labels"]["team"] == "research"
    assert joined["address"] == address(2)

    # Ray ends, the machine goes on: its watch says so.
    box.end_container("mobula-ray")
    eventually(lambda: for_worker.phases()[-1] == ("ray", "failed"), what="the end of Ray")
