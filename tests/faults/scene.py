"""A cluster on the double of AWS, with workers and agents that work when they are told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import connection
from django.test import RequestFactory

from clusters.agent.view import sync
from clusters.models import Cluster
from clusters.queues import Queue
from clusters.reconcile import loop, settled
from domain.lifecycle import NodeRole, NodeState
from domain.offerings import ProviderKind
from mobula.demo_cloud.aws.world import World
from providers.aws.account import read_account
from providers.aws.driver import AwsDriver
from providers.aws.tags import BATCH, name_of
from providers.base import Account
from tests.clusters.head import Head
from tests.faults.clock import Clock
from tests.faults.wire import ENDPOINT, Killed, Wire

TICK_SECONDS = 10.0
KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "secret"}
TEXT = """\
cloud: aws
head_node:
  instance_type: m5.2xlarge
worker_nodes:
  - name: cpu
    instance_type: m5.large
    min_nodes: 1
    max_nodes: 4
  - name: gpu
    instance_type: p4d.24xlarge
    market_type: SPOT
    max_nodes: 2
    flags: {efa_config: {device_count: 1}}
mobula:
  idle_minutes: 120
  worker_idle_seconds: 60
"""
SHAPES = {"cpu": {"CPU": 2.0}, "gpu": {"GPU": 8.0}}  # what each node's work needs
_REPORTING = {"starting", "running"}


class Numbers:
    """Counts up; unlike itertools' counter, it can be copied."""

    last = 0

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        self.last += 1
        return self.last


class _Head(Head):
    """Posts without middleware, which a thousand reports need not load each time."""

    def report(self, *, token: str | None = None, **fields: Any) -> dict[str, Any]:
        bearer = f"Bearer {self.token if token is None else token}"
        request = RequestFactory().post(
            "/agent/v1/sync",
            data=self.body(**fields),
            content_type="application/json",
            headers={"Authorization": bearer},
        )
        response = sync(request)
        assert response.status_code == 200, response.content
        return dict(json.loads(response.content))


class Agents:
    """The agent beside the head: tells what Ray would, of the machines that run."""

    def __init__(self, cluster: Cluster) -> None:
        self.head = _Head(cluster)
        self.head.drivers = 1  # somebody uses the cluster, so that it does not end by itself
        self.wanted: dict[str, int] = {}  # busy nodes of each group; the rest has nothing to do
        self._results: list[dict[str, Any]] = []

    def report(self, running: set[str]) -> None:
        """Say what runs, and do what the answer says."""
        head, cluster = self.head, self.head.cluster
        cluster.refresh_from_db()
        live = list(cluster.nodes.exclude(state="terminated").select_related("group"))
        first = next((node for node in live if node.role == NodeRole.HEAD), None)
        if first is None or first.name not in running or cluster.state not in _REPORTING:
            return
        head.silent = {node.name for node in live} - running
        joined = [n for n in live if n.name in running and n.state != NodeState.DRAINING]
        for group in SHAPES:
            of_group = [node.name for node in joined if node.group.name == group]
            idle = of_group[self.wanted.get(group, 0) :]
            head.idle |= dict.fromkeys(of_group, None) | dict.fromkeys(idle, 600.0)
        head.waiting = [
            {"resources": shape, "count": missing, "selectors": []}
            for group, shape in SHAPES.items()
            if (missing := self.wanted.get(group, 0) - sum(n.group.name == group for n in joined))
            > 0
        ]
        answer = head.report(results=self._results)
        self._results = [
            {"id": command["id"], "ok": True, "message": ""}
            for command in answer.get("commands", ())
        ]


@dataclass
class Scene:
    """One world: what is in AWS, in the database, and in the memories of two workers."""

    clock: Clock
    home: Path
    cluster: Cluster
    world: World
    agents: Agents
    wire: Wire
    actions: dict[int, Callable[[], None]] = field(default_factory=dict)  # by the ticks until then
    drivers: dict[int, AwsDriver] = field(default_factory=dict)
    ticks: Any = field(default_factory=count)
    killed_at: list[str] = field(default_factory=list)  # savepoints
    in_transaction: list[str] = field(default_factory=list)  # calls while one was open
    _workers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.pair = [next(self._workers), next(self._workers)]
        self.wire.wait, self.wire.others_work = self.clock.advance, self._others_work
        self.wire.die, self.wire.look = self._die, self._look
        self._depth = len(connection.savepoint_ids)

    def tick(self) -> None:
        """Let some seconds pass, the agent report, and one of the workers make its passes."""
        self.clock.advance(TICK_SECONDS)
        number = next(self.ticks)
        if action := self.actions.pop(number, None):
            action()
        arriving, self.wire.arriving = self.wire.arriving, []
        for send in arriving:
            send()
        self.agents.report(self.running())
        self._work(self.pair[number % len(self.pair)])

    def running(self) -> set[str]:
        """Return the names of the machines whose nodes have joined Ray."""
        return {
            name_of(one.tags[BATCH], one.index)
            for one in self.world.instances.values()
            if self.world.state(one) == "running"
        }

    def _work(self, worker: int) -> None:
        """Do what the beat asks for each second, as the process of this worker."""
        before, self.wire.worker = self.wire.worker, worker
        try:
            with mock.patch("providers.registry.open_driver", return_value=self._driver(worker)):
                self._sweep()
        except Killed:
            # What was written after the kill, in `finally` blocks, never was.
            connection.savepoint_rollback(self.killed_at.pop())
            self.clock.tell()
            self.pair = [next(self._workers) if one == worker else one for one in self.pair]
        finally:
            self.wire.worker = before

    def _sweep(self) -> None:
        pk = str(self.cluster.pk)
        if not self._needs_pass(pk):
            for one in settled.look([pk]):
                loop.reconcile(one, only_if_due=True)
            return
        loop.reconcile(pk, only_if_due=True)

    @staticmethod
    def _needs_pass(pk: str) -> bool:
        """Return whether more is to be done than to look; a cluster without `look_at` is sure."""
        if Cluster.objects.filter(pk=pk, look_at=None).exists():
            return True
        return pk in {one for queue in Queue for one in loop.due(queue)}

    def _driver(self, worker: int) -> AwsDriver:
        if worker not in self.drivers:
            self.drivers[worker] = driver_at(self.home, self.clock)
        return self.drivers[worker]

    def _others_work(self, seconds: float) -> None:
        """Let time pass in which this worker waits, and the others go on."""
        alone = self.wire.worker
        pair, self.pair = self.pair, [one for one in self.pair if one != alone]
        try:
            for _ in range(int(seconds / TICK_SECONDS)):
                self.tick()
        finally:
            self.pair = pair

    def _look(self, operation: str) -> None:
        if len(connection.savepoint_ids) != self._depth:
            self.in_transaction.append(operation)

    def _die(self) -> None:
        self.wire.dead.add(self.wire.worker)
        sid = connection.savepoint()
        self.killed_at.append(sid)


def driver_at(home: Path, clock: Clock) -> AwsDriver:
    """Return a driver as a new process has it."""
    account = Account(
        kind=ProviderKind.AWS, id="1", home=home, region="us-east-1",
        settings={"endpoint": ENDPOINT}, credentials=KEYS,
    )  # fmt: skip
    return AwsDriver(
        read_account(account), root=home / "ended", clock=clock.seconds, sleep=clock.advance
    )


def new_world(clock: Clock) -> World:
    """Return an account in which machines take time to boot, end, and be listed."""
    return World(
        clock=clock.seconds, boot_seconds=15, stop_seconds=15, lag=15, release_seconds=10,
        _numbers=Numbers(),
    )  # fmt: skip
