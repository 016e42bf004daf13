"""A machine of a demo cloud: it boots, joins its cluster, and is a node of Ray on this host.

It does what `providers/bootstrap/scripts` do on a real machine, with the local driver in the place
of Docker: one host cannot give each machine ports, disks and containers of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mobula.demo_cloud.mobula_client import MobulaClient
from mobula.demo_cloud.user_data import Told, UnusableUserData, read_user_data
from providers.base import (
    AgentAccess,
    ClusterRef,
    MachinePhase,
    NodeSpec,
    ObservedNode,
    ProviderDriver,
    ProviderError,
    RayImage,
    Throttled,
)

PAUSE_SECONDS = 1.0
HEARTBEAT_SECONDS = 60.0
# Mobula gives a machine up long before.
JOIN_SECONDS, RAY_SECONDS = 1800.0, 600.0
# All resources are told; the size only says what is not.
SIZE = "1CPU-2GB"
_REFUSALS = frozenset({400, 401, 403, 410})
_GONE = 410

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """What the provider gives a machine."""

    instance: str
    index: int  # its place in its launch
    address: str
    zone: str
    user_data: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where machines run: the driver of this host's Ray. Steps that do nothing take a moment."""

    driver: ProviderDriver
    image: RayImage
    step_seconds: float = 1.0


class Ended(Exception):
    """The machine ends by itself; the sentence says why."""


class Machine:
    """One machine, in a thread of its own; `gone` is called with its id when it ends by itself."""

    def __init__(self, boot: Boot, *, host: Host, gone: Callable[[str], None]) -> None:
        self.boot, self._host, self._gone = boot, host, gone
        self._over = threading.Event()
        self._cluster: ClusterRef | None = None
        self._name = ""
        self._notice: datetime | None = None
        self._phases: list[dict[str, object]] = []
        self._thread = threading.Thread(target=self._live, daemon=True, name=boot.instance)

    @property
    def handle(self) -> str:
        """The handle of its cluster; "" before it has joined."""
        return self._cluster.handle if self._cluster else ""

    def start(self) -> None:
        """Let the machine boot."""
        self._thread.start()

    def interrupt(self, at: datetime) -> None:
        """Give notice that the machine is taken back at this time."""
        self._notice = at

    def end(self) -> None:
        """Turn the machine off: its Ray is killed."""
        self._over.set()
        if self._cluster is None:
            return
        try:
            # The first call asks its processes to end, the second one kills them.
            for _ in range(2):
                self._host.driver.terminate(self._cluster, [self._name])
        except ProviderError as error:
            log.warning("%s does not end: %s", self._name, error)

    def _live(self) -> None:
        try:
            told = _told(self.boot)
            self._run(told, MobulaClient(told.url))
        except Ended as ended:
            if not self._over.is_set():
                log.info("%s ends: %s", self.boot.instance, ended)
                self._gone(self.boot.instance)
        except ProviderError as error:
            # As on a real machine: Mobula was told, and terminates it.
            log.warning("%s failed: %s", self.boot.instance, error)

    def _run(self, told: Told, mobula: MobulaClient) -> None:
        self._note("boot", "began")
        node = self._joined(told, mobula)
        self._note("boot", "done", to=mobula)
        for step in ("disk", "pull"):
            with self._step(step, mobula):
                self._wait(self._host.step_seconds)
        with self._step("join", mobula):
            self._start_ray(node)
        self._watch(told, mobula)

    def _joined(self, told: Told, mobula: MobulaClient) -> NodeSpec:
        """Return the node that Mobula says the machine is."""
        boot, until = self.boot, time.monotonic() + JOIN_SECONDS
        while time.monotonic() < until:
            answer = mobula.join(
                told.join_token, index=boot.index, address=boot.address, instance=boot.instance
            )
            if answer.status == 200:
                return self._node(told, answer.body)
            if answer.status in _REFUSALS:
                raise Ended(f"Mobula refused it: {answer.why}")
            self._wait(PAUSE_SECONDS)
        raise Ended("It could not join its cluster.")

    def _node(self, told: Told, answer: Mapping[str, Any]) -> NodeSpec:
        self._name = name = str(answer["node"])
        handle = name.rpartition("-")[0]
        agent = answer.get("agent") or {}
        self._cluster = ClusterRef(
            cluster_id=str(agent.get("cluster", handle)),
            handle=handle,
            name=handle,
            region=self.boot.zone,
            image=self._host.image,
            ray_token=str(answer.get("ray_token") or ""),
            agent=_access(told, agent),
        )
        return NodeSpec(
            name=name,
            role=told.role,
            group=told.group,
            instance_type=SIZE,
            zone=self.boot.zone,
            resources=told.resources,
            labels=told.labels,
        )

    def _start_ray(self, node: NodeSpec) -> None:
        """Start the node; a worker waits until the head answers."""
        driver, cluster, until = self._host.driver, self._known(), time.monotonic() + RAY_SECONDS
        driver.prepare(cluster)
        while time.monotonic() < until:
            with _patience():
                driver.launch(cluster, [node])
            seen = self._seen()
            if seen is not None and seen.phase is MachinePhase.RUNNING:
                return
            if seen is not None and seen.phase is MachinePhase.FAILED:
                raise ProviderError(seen.reason or "Ray did not start.")
            self._wait(PAUSE_SECONDS)
        raise ProviderError(f"Ray did not start within {RAY_SECONDS / 60:g} minutes.")

    def _watch(self, told: Told, mobula: MobulaClient) -> None:
        """Tell Mobula of an interruption, and end when it no longer needs the machine."""
        is_told, beat = False, time.monotonic()
        while True:
            self._wait(PAUSE_SECONDS)
            if told.is_spot and self._notice and not is_told:
                is_told = mobula.interruption(self._notice.isoformat()).status == 200
            seen = self._seen()
            if seen is None or seen.phase is MachinePhase.FAILED:
                why = seen.reason if seen else "Ray ended."
                self._note("ray", "failed", to=mobula, log=why)
                raise ProviderError(why)
            if time.monotonic() - beat >= HEARTBEAT_SECONDS:
                beat = time.monotonic()
                if mobula.report(self._phases).status == _GONE:
                    raise Ended("Mobula no longer needs it.")

    def _seen(self) -> ObservedNode | None:
        nodes = self._host.driver.observe(self._known())
        return next((node for node in nodes if node.name == self._name), None)

    def _known(self) -> ClusterRef:
        if self._cluster is None:
            raise Ended("It has not joined a cluster.")
        return self._cluster

    @contextmanager
    def _step(self, name: str, mobula: MobulaClient) -> Iterator[None]:
        """Report a step of the start: that it begins, and that it is done or has failed."""
        self._note(name, "began", to=mobula)
        try:
            yield
        except (Ended, ProviderError) as error:
            self._note(name, "failed", to=mobula, log=str(error))
            raise
        self._note(name, "done", to=mobula)

    def _note(
        self, name: str, state: str, *, to: MobulaClient | None = None, log: str = ""
    ) -> None:
        self._phases.append({"phase": name, "state": state, "at": time.time(), "log": log})
        if to is not None and not self._over.is_set():
            # What is not heard now is said again with the next step or heartbeat.
            to.report(self._phases)

    def _wait(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise Ended("It was terminated.")


def _told(boot: Boot) -> Told:
    try:
        return read_user_data(boot.user_data)
    except UnusableUserData as error:
        raise Ended(str(error)) from error


def _access(told: Told, agent: Mapping[str, Any]) -> AgentAccess | None:
    if not agent:
        return None
    return AgentAccess(
        url=told.url,
        cluster_id=str(agent["cluster"]),
        run=int(agent["run"]),
        token=str(agent["token"]),
    )


@contextmanager
def _patience() -> Iterator[None]:
    """Let a call that only wants patience be made again."""
    try:
        yield
    except Throttled:
        return
