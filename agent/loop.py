"""The agent's loop: look at Ray, report changes immediately, carry out the answer."""

from __future__ import annotations

import platform
import threading
import time
from typing import Any

from agent import PROTOCOL
from agent.actors import ActorWatch
from agent.commands import Actions, CommandDesk
from agent.config import Config
from agent.head.dashboard import Dashboard
from agent.head.deaths import Deaths
from agent.head.gcs import Gcs, GcsError, accepts_connections
from agent.head.observation import dead_nodes, living_nodes
from agent.head.pending import demand
from agent.jobs.logs import is_full
from agent.journal import log
from agent.link import Answer, Link, Refused, TooLarge, Unreachable, backoff
from agent.node_logs.sources import DashboardFiles, HostFiles
from agent.node_logs.watch import NodeLogWatch
from agent.packages import Packages
from agent.settling import Settling
from agent.usage.hosts import HostMeter
from agent.usage.processes import ProcessMeter
from agent.watches import DashboardWatch, LogReader, UsageWatch, View, pause_after
from agent.workspace.server import Place, Server
from agent.workspace.watch import WorkspaceWatch

BOOT_STEP_SECONDS = 0.1
LOOK_EVERY_SECONDS = 0.25
# Mobula hears of a head that does not come up, so that it can say so.
SILENT_BOOT_SECONDS = 30.0
# An agent whose head is gone must not outlive it.
GIVE_UP_SECONDS = 900.0
# Changes are reported immediately, but not more often than this.
SHORTEST_GAP_SECONDS = 0.2
SMALLEST_PORTION = 1 / 64


class HeadGone(Exception):
    """Ray's GCS has been silent for so long that there is no head to speak for."""


def ray_version() -> str:
    """Return the version of the Ray beside this Python, without importing it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ray")
    except PackageNotFoundError:
        return ""


class HeadAgent:
    """Speaks for one head: construct it when its GCS accepts connections, then ``run``."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._wake = threading.Event()
        self._gcs = Gcs(config.gcs_address, token=config.ray_token)
        dashboard = Dashboard(config.dashboard_url, token=config.ray_token)
        self._view = View()
        self._deaths = Deaths()
        reader = LogReader(dashboard, self._view, node_dirs=config.node_dirs)
        self.dashboard = DashboardWatch(dashboard, reader, self._deaths, news=self._wake.set)
        self.actors = ActorWatch(dashboard)
        self.node_logs = NodeLogWatch(
            self._view,
            host=HostFiles(node_dirs=config.node_dirs),
            others=None if config.shared_host else DashboardFiles(dashboard),
        )
        meter = ProcessMeter(config.node_dirs) if config.shared_host else HostMeter(dashboard)
        self.usage = UsageWatch(meter, self._view)
        self._link = Link(config.url, token=config.token, cluster=config.cluster)
        download = Packages(self._link).download
        server = _server(config)
        self.workspace = WorkspaceWatch(server, news=self._wake.set) if server else None
        actions = Actions(self._gcs, dashboard, download=download, workspace=server)
        self._desk = CommandDesk(actions.carry_out, news=self._wake.set)
        self._ray_version = ray_version()

        self._demand: dict[str, Any] = {"shapes": [], "gangs": [], "standing_requests": []}
        self._demand_change = Settling(self._demand)
        self._told_statuses: dict[str, str] = {}
        self._told_jobs: list[dict[str, Any]] = []
        self._gcs_error = ""
        self._gcs_seen_at = time.monotonic()
        self._look_seconds = 0.0

        self._seq = 0
        self._failures = 0
        self._portion = 1.0  # of what a sync may carry; less after one that was too large
        self._interval = 1.0
        self._last_sync = float("-inf")
        self._next_sync = float("-inf")

    def run(self) -> None:
        """Work until Mobula says that the cluster has ended (Refused) or the head is gone."""
        self._wait_for_head()
        self.dashboard.start()
        self.actors.start()
        self.node_logs.start()
        self.usage.start()
        while True:
            if self._is_due(time.monotonic()):
                self._sync()
            self._wake.wait(self._pause())
            self._wake.clear()
            self.look()
            if self.workspace is not None and self._view.nodes:
                self.workspace.start()  # not before: a head that boots has the processor first

    def look(self) -> bool:
        """Read Ray's state once and say whether it answered."""
        started = time.monotonic()
        try:
            state = self._gcs.state()
        except GcsError as error:
            if not self._gcs_error:
                log("gcs silent", error=str(error))
            self._gcs_error = str(error)
            return False
        self._gcs_error = ""
        self._gcs_seen_at = time.monotonic()
        self._view.session = state.cluster_session_name
        self._view.nodes = living_nodes(state)
        self._demand = demand(state)
        self._demand_change.see(self._demand, now=self._gcs_seen_at)
        dead = dead_nodes(state)
        self.node_logs.see_dead(set(dead.values()))
        if self._deaths.see(dead, now=time.time()):
            self.dashboard.look_again()
        self._look_seconds = time.monotonic() - started
        return True

    def body(self) -> dict[str, Any]:
        """Return the next sync: everything Mobula has not acknowledged, and Ray's state now.

        While the GCS is silent, nodes and demand are those last seen and ``healthy`` is false.
        """
        now = time.time()
        return {
            "protocol": PROTOCOL,
            "cluster": self._config.cluster,
            "run": self._config.run,
            "seq": self._seq,
            "sent_at": round(now, 3),
            "ray_version": self._ray_version,
            "python_version": platform.python_version(),
            "session": self._view.session,
            "healthy": not self._gcs_error,
            "errors": [error for error in (self._gcs_error, self.dashboard.error) if error],
            "nodes": self.actors.told(self._view.nodes),
            "dead": self._deaths.report(now=now),
            "demand": self._demand,
            "samples": [],
            "jobs": self.dashboard.jobs.report(portion=self._portion),
            "logs": self.dashboard.tails.texts(),
            "node_logs": self.node_logs.parts(),
            "results": self._desk.results(),
            "drivers": self.dashboard.jobs.drivers,
            # Ray tells this only by listing every actor; a living actor has a living driver.
            "active_actors": None,
            "workspace": self.workspace.report() if self.workspace else None,
        }

    def _wait_for_head(self) -> None:
        started = time.monotonic()
        while not (self.look() and self._view.nodes):
            if time.monotonic() - started > SILENT_BOOT_SECONDS:
                return
            time.sleep(BOOT_STEP_SECONDS)
        log("head alive", session=self._view.session)

    def _is_due(self, now: float) -> bool:
        if now >= self._next_sync:
            return True
        if self._failures or now - self._last_sync < SHORTEST_GAP_SECONDS:
            return False
        return (
            self._statuses() != self._told_statuses
            or self._demand_change.is_due(now=now)
            or self.dashboard.jobs.report() != self._told_jobs
            or self._desk.has_news()
        )

    def _statuses(self) -> dict[str, str]:
        """Return what is reported immediately when it changes: each node's state, and the GCS's."""
        statuses = {node["ray_node_id"]: node["status"] for node in self._view.nodes}
        statuses["gcs"] = "silent" if self._gcs_error else "answers"
        if self.workspace is not None:
            statuses["workspace"] = str(self.workspace.report()["state"])
        return statuses

    def _pause(self) -> float:
        if self._demand_change.is_open():
            return BOOT_STEP_SECONDS
        return pause_after(self._look_seconds, at_least=min(self._interval, LOOK_EVERY_SECONDS))

    def _sync(self) -> None:
        if time.monotonic() - self._gcs_seen_at > GIVE_UP_SECONDS:
            raise HeadGone(f"{self._gcs.address} was silent for {GIVE_UP_SECONDS:.0f} seconds")
        self._seq += 1
        number, samples = self.usage.buffer.oldest(portion=self._portion)
        body = dict(self.body(), samples=samples)
        statuses = self._statuses()
        self._last_sync = time.monotonic()
        try:
            answer = self._link.send(body)
        except Unreachable as error:
            self._failures += 1
            if isinstance(error, TooLarge):
                self._portion = max(self._portion / 2, SMALLEST_PORTION)
            pause = backoff(self._failures, at_least=error.retry_after)
            self._next_sync = time.monotonic() + pause
            log("sync failed", error=str(error), failures=self._failures, again_in=round(pause, 1))
            return
        if self._failures:
            log("mobula is back", failures=self._failures)
        self._failures = 0
        self._portion = min(2 * self._portion, 1.0)
        self._told_statuses = statuses
        self._take(answer, body, samples_to=number)

    def _take(self, answer: Answer, body: dict[str, Any], *, samples_to: int) -> None:
        self._interval = answer.interval
        # A long log is caught up with immediately.
        is_behind = is_full(body["logs"]) or is_full(body["node_logs"])
        pause = SHORTEST_GAP_SECONDS if is_behind else answer.interval
        self._next_sync = self._last_sync + pause
        self._demand_change.told(body["demand"])
        self._deaths.acknowledge(body["dead"])
        self._told_jobs = [] if answer.jobs_acked else body["jobs"]
        if answer.jobs_acked:
            self.dashboard.jobs.acknowledge(body["jobs"])
        if answer.samples_acked == body["seq"]:
            self.usage.buffer.stored(samples_to)
        self.dashboard.tails.acknowledge(answer.log_offsets)
        self.node_logs.acknowledge(body["node_logs"], answer.node_logs)
        if body["logs"]:
            self.dashboard.look_again()
        self._desk.receive(answer.commands, told=body["results"])


def _server(config: Config) -> Server | None:
    """Return the JupyterLab of the cluster, or None where it is no workspace."""
    if not config.workspace:
        return None
    return Server(Place(**config.workspace, gcs_address=config.gcs_address))


def wait_for_gcs(address: str) -> bool:
    """Return True as soon as something listens at ``address``, False if nothing does for long.

    Importing gRPC takes a fifth of a second of CPU: the booting head should have that first.
    """
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    while not accepts_connections(address):
        if time.monotonic() > give_up_at:
            return False
        time.sleep(BOOT_STEP_SECONDS)
    return True


__all__ = ["HeadAgent", "HeadGone", "Refused", "wait_for_gcs"]
