"""An account on the double of AWS, a cluster there, and the agent beside its head."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from accounts.models import Team, User
from clusters.models import Cluster
from clusters.services.launching import launch_cluster
from configurations.services.templates import create_template
from mobula.demo_cloud.aws.cloud import Cloud as Double
from mobula.demo_cloud.aws.world import World
from providers.aws.tags import BATCH, name_of
from tests.cast import make_cloud
from tests.clusters.head import Head
from tests.faults.catalogue import REGION, refreshed

NODES = int(os.environ.get("MOBULA_BENCH_NODES", "500"))
# An instance is listed some seconds after its launch, and runs when it has booted.
BOOT_SECONDS, LAG_SECONDS, LATENCY_SECONDS = 15.0, 5.0, 0.05
REPORT_SECONDS = 1.0
TEXT = f"""\
cloud: aws
head_node:
  instance_type: m5.2xlarge
worker_nodes:
  - name: cpu
    instance_type: m5.large
    max_nodes: {NODES + 100}
mobula:
  idle_minutes: 120
"""
SHAPE = {"CPU": 2.0}  # of which a node has room for one


def new_world() -> World:
    """Return an account whose answers, lists and machines take time."""
    world = World(boot_seconds=BOOT_SECONDS, lag=LAG_SECONDS, latency=LATENCY_SECONDS)
    for subnet in world.subnets.values():
        subnet.free = 10 * NODES
    return world


def launched(double: Double, team: Team, owner: User) -> Cluster:
    """Return a cluster of one head, which a worker brings up."""
    make_cloud("aws", provider="aws", region=REGION, settings={"endpoint": double.url})
    refreshed()
    version = create_template(team=team, name="burst", text=TEXT, message="First.", by=owner)
    return launch_cluster(name="burst", version=version, by=owner)


class Agent:
    """Reports what Ray would: machines that run have joined, and the rest of the work waits."""

    def __init__(self, cluster: Cluster, double: Double, *, url: str) -> None:
        self.head, self._double = Head(cluster), double
        self._http = httpx.Client(base_url=url, timeout=60)
        self.head.drivers = 1
        self.wanted = 0  # so many tasks of `SHAPE`, each of which takes a node

    def report(self) -> None:
        """Post one report, once the head's machine runs."""
        running = self.running()
        live = {node.name: node.role for node in self.head.cluster.nodes.all()}
        if not any(role == "head" and name in running for name, role in live.items()):
            return
        self.head.silent = live.keys() - running
        joined = sum(role == "worker" and name in running for name, role in live.items())
        self.head.wants(self.wanted - joined, **SHAPE)
        headers = {"Authorization": f"Bearer {self.head.token}"}
        self._http.post("/agent/v1/sync", json=self.head.body(), headers=headers).raise_for_status()

    def running(self) -> set[str]:
        """Return the names of the machines that have booted."""
        with self._double.lock:
            world = self._double.world
            return {
                name_of(one.tags[BATCH], one.index)
                for one in world.instances.values()
                if world.state(one) == "running"
            }

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Let a thread report each second."""
        over = threading.Event()

        def report_on() -> None:
            while not over.wait(REPORT_SECONDS):
                self.report()

        thread = threading.Thread(target=report_on)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
