"""The machines of a demo account: they join, report, are taken back and end as instances do."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.offerings import Market
from mobula.demo_cloud import machine as machines
from mobula.demo_cloud.aws import cloud as account
from mobula.demo_cloud.aws.catalogue import CPU
from mobula.demo_cloud.aws.instances import run_instances, terminate_instances
from mobula.demo_cloud.aws.world import Instance, World
from mobula.demo_cloud.fleet import Fleet
from mobula.demo_cloud.machine import Host
from providers.base import ClusterRef, RayImage
from providers.bootstrap.node import BootNode
from providers.bootstrap.user_data import user_data
from providers.fake.driver import FakeDriver
from tests.providers.bootstrap.mobula_double import NodesDouble
from tests.providers.bootstrap.nodes import HEAD
from tests.providers.bootstrap.sandbox import eventually

IMAGE = RayImage(location="", ray_version="2.60.0", python_version="3.13")
CLUSTER = ClusterRef(cluster_id="7", handle="c4f1", name="c4f1", region="", image=IMAGE)
AGENT = {"cluster": "7", "run": 1, "token": "agent", "ray_token": "ray"}


@dataclass
class Demo:
    """An account whose machines are nodes of the fake provider."""

    cloud: account.Cloud
    driver: FakeDriver
    fleet: Fleet
    mobula: NodesDouble

    def launch(self, node: BootNode = HEAD, *, text: str = "") -> Instance:
        """Launch an instance with the user data of a node, and let it boot."""
        text = text or user_data(replace(node, url=self.mobula.url))
        asked: dict[str, Any] = {
            "InstanceType": "m5.large", "ImageId": CPU, "MinCount": 1, "MaxCount": 1,
            "UserData": base64.b64encode(text.encode()).decode(),
        }  # fmt: skip
        if node.market is Market.SPOT:
            asked["InstanceMarketOptions"] = {"MarketType": "spot"}
        run_instances(self.cloud.world, asked)
        self.fleet.tend()
        return list(self.cloud.world.instances.values())[-1]

    def reports(self, phase: str, state: str) -> None:
        """Wait until the machine has said so."""
        eventually(lambda: (phase, state) in self.mobula.phases(), what=f"{phase} is {state}")

    def nodes(self) -> list[str]:
        """Return the names of the nodes that run."""
        return [node.name for node in self.driver.observe(CLUSTER)]


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """An empty account."""
    monkeypatch.setattr(machines, "PAUSE_SECONDS", 0.02)
    driver, root = FakeDriver(), tmp_path / "machines"
    with account.running(World()) as cloud, NodesDouble(agent=AGENT) as mobula:
        host = Host(driver=driver, image=IMAGE, step_seconds=0)
        fleet = Fleet(cloud, host=host, root=root)
        yield Demo(cloud, driver, fleet, mobula)
        fleet.end()


def test_a_machine_joins_as_the_node_that_mobula_says(demo: Demo) -> None:
    instance = demo.launch()
    demo.reports("join", "done")
    assert demo.nodes() == ["c4f1-1"]
    asked = demo.mobula.bodies("join")[0]
    assert (asked["index"], asked["address"]) == (0, instance.address)
    assert asked["instance"] == instance.id
    began = [phase for phase, state in demo.mobula.phases() if state == "began"]
    assert began == ["boot", "disk", "pull", "join"]


def test_a_machine_waits_while_mobula_is_away(demo: Demo) -> None:
    demo.mobula.away = 3
    demo.launch()
    demo.reports("join", "done")


@pytest.mark.parametrize("status", [401, 403, 410])
def test_a_machine_that_is_refused_ends_itself(demo: Demo, status: int) -> None:
    demo.mobula.statuses["join"] = status
    instance = demo.launch()
    eventually(lambda: instance.ended_at is not None, what="it ends")
    assert instance.reason
    assert instance.reason[0] == "Client.InstanceInitiatedShutdown"
    assert demo.nodes() == []


def test_user_data_that_nobody_understands_ends_the_machine(demo: Demo) -> None:
    instance = demo.launch(text="#!/bin/sh\n")
    eventually(lambda: instance.ended_at is not None, what="it ends")


def test_a_terminated_instance_takes_its_node_with_it(demo: Demo) -> None:
    instance = demo.launch()
    demo.reports("join", "done")
    terminate_instances(demo.cloud.world, {"InstanceIds": [instance.id]})
    demo.fleet.tend()
    eventually(lambda: demo.nodes() == [], what="the node is gone")


def test_a_spot_machine_tells_of_its_interruption_and_ends_when_it_said(demo: Demo) -> None:
    instance = demo.launch(replace(HEAD, market=Market.SPOT))
    demo.reports("join", "done")
    assert demo.fleet.interrupt(100, notice=timedelta(seconds=1)) == [instance.id]
    assert demo.fleet.interrupt(100) == []
    eventually(lambda: demo.mobula.bodies("interruption"), what="Mobula is told")
    assert instance.ended_at is None

    def taken() -> bool:
        demo.fleet.tend()
        return instance.ended_at is not None

    eventually(taken, what="it is taken back")
    assert instance.reason
    assert instance.reason[0] == "Server.SpotInstanceTermination"


def test_on_demand_machines_are_never_taken_back(demo: Demo) -> None:
    demo.launch()
    assert demo.fleet.interrupt(100) == []


def test_ray_that_ends_is_reported_and_the_machine_stays(demo: Demo) -> None:
    instance = demo.launch()
    demo.reports("join", "done")
    demo.driver.terminate(CLUSTER, ["c4f1-1"])
    demo.reports("ray", "failed")
    assert instance.ended_at is None


def test_the_status_lists_what_has_not_ended(demo: Demo) -> None:
    instance = demo.launch()
    (row,) = demo.fleet.status()
    assert row == {
        "instance": instance.id, "type": "m5.large", "zone": instance.zone,
        "market": "on-demand", "state": "running", "address": instance.address,
    }  # fmt: skip
