"""What the agent watches beside the GCS, each in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.head.dashboard import Dashboard, DashboardError
from agent.head.deaths import Deaths
from agent.jobs.book import JobBook
from agent.jobs.logs import MOST_BYTES_A_SYNC, LogTails, log_paths, read_part
from agent.usage.hosts import HostMeter
from agent.usage.processes import ProcessMeter
from agent.usage.samples import SampleBuffer, sample_of

JOBS_EVERY_SECONDS = 1.0
SAMPLES_EVERY_SECONDS = 5.0
# Watching may take one part in twenty of one core, however large the cluster is.
REST_FOR_WORK = 20.0


def pause_after(work_seconds: float, *, at_least: float) -> float:
    """Return how long to rest after a piece of watching that took ``work_seconds``."""
    return max(at_least, REST_FOR_WORK * work_seconds)


class View:
    """The cluster as the loop saw it last; replaced whole, so threads may read it freely."""

    def __init__(self) -> None:
        self.session = ""
        self.nodes: list[dict[str, Any]] = []


class LogReader:
    """Reads job logs from this host's files, or through the dashboard for jobs elsewhere."""

    def __init__(self, dashboard: Dashboard, view: View, *, node_dirs: str | None) -> None:
        self._dashboard = dashboard
        self._view = view
        self._node_dirs = node_dirs
        self._paths: dict[str, Path] = {}

    def read(self, submission_id: str, offset: int) -> bytes:
        """Return the next bytes of a job's log, nothing when there are none (yet)."""
        try:
            path = self._path(submission_id)
            if path is not None:
                return read_part(path, offset)
            return self._dashboard.log(submission_id)[offset : offset + MOST_BYTES_A_SYNC]
        except (OSError, DashboardError):
            return b""

    def _path(self, submission_id: str) -> Path | None:
        if submission_id not in self._paths:
            session, node_dirs = self._view.session, self._node_dirs
            for path in log_paths(submission_id, session=session, node_dirs=node_dirs):
                if path.is_file():
                    self._paths[submission_id] = path
                    break
        return self._paths.get(submission_id)


class DashboardWatch:
    """Follows jobs, their logs and the reasons of deaths through the head's dashboard."""

    def __init__(
        self,
        dashboard: Dashboard,
        reader: LogReader,
        deaths: Deaths,
        *,
        news: Callable[[], None],
    ) -> None:
        self.jobs = JobBook()
        self.tails = LogTails(reader.read)
        self.error = ""
        self._dashboard = dashboard
        self._deaths = deaths
        self._news = news
        self._again = threading.Event()

    def start(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._run, daemon=True).start()

    def look_again(self) -> None:
        """Do not wait for the next round: there is a log to read on."""
        self._again.set()

    def look(self) -> None:
        """Take in jobs, logs and reasons once; what fails is kept in ``error``."""
        try:
            changed = self.jobs.see(self._dashboard.jobs())
            self.tails.refill(self.jobs.submissions())
            if self._deaths.unexplained():
                changed = self._deaths.explain(self._dashboard.hosts()) or changed
            self.error = ""
        except DashboardError as error:
            changed = str(error) != self.error
            self.error = str(error)
        if changed:
            self._news()

    def _run(self) -> None:
        while True:
            started = time.monotonic()
            self.look()
            self._again.wait(pause_after(time.monotonic() - started, at_least=JOBS_EVERY_SECONDS))
            self._again.clear()


class UsageWatch:
    """Takes one sample of every node each five seconds."""

    def __init__(self, meter: ProcessMeter | HostMeter, view: View) -> None:
        self.buffer = SampleBuffer()
        self._meter = meter
        self._view = view

    def start(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._run, daemon=True).start()

    def look(self) -> None:
        """Sample every node once; a round in which the dashboard is silent is left out."""
        nodes, at = self._view.nodes, time.time()
        try:
            used = self._meter.measure(nodes)
        except DashboardError:
            return
        known = [node for node in nodes if node["node"] in used]
        self.buffer.add([sample_of(node, used[node["node"]], at=at) for node in known], now=at)

    def _run(self) -> None:
        while True:
            started = time.monotonic()
            self.look()
            worked = time.monotonic() - started
            time.sleep(pause_after(worked, at_least=SAMPLES_EVERY_SECONDS - worked))
