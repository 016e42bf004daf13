"""Mobula's commands: each is carried out once and its result reported until Mobula has it."""

from __future__ import annotations

import shlex
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from agent import PROTOCOL
from agent.head.dashboard import Dashboard, DashboardError, DashboardRefused, package
from agent.head.gcs import Gcs, GcsError
from agent.journal import log
from agent.packages import NotDownloaded
from agent.workspace.server import Server

if TYPE_CHECKING:
    Command = dict[str, Any]
    Download = Callable[..., bytes]  # of a package, by its digest and size


REMEMBERED = 10_000
# Ray has no code for it: a head's dashboard answers before its first agent is ready for jobs.
NOT_YET, INSIST_SECONDS = "No available agent", 30.0
NOT_IDLE = "The node to be idle terminated is no longer idle."


class Outcome(NamedTuple):
    """How a command ended, with a sentence for the user."""

    ok: bool
    message: str


class Actions:
    """What a command can ask of this cluster; each may be repeated without harm."""

    def __init__(
        self,
        gcs: Gcs,
        dashboard: Dashboard,
        *,
        download: Download,
        workspace: Server | None = None,
    ) -> None:
        self._gcs = gcs
        self._dashboard = dashboard
        self._download = download
        self._workspace = workspace
        self._kinds: dict[str, Callable[[Command], Outcome]] = {
            "drain": self._drain,
            "submit_job": self._submit_job,
            "stop_job": self._stop_job,
            "report_state": self._report_state,
            "clear_standing_requests": self._clear_standing_requests,
        }

    def carry_out(self, command: Command) -> Outcome:
        """Carry a command out and say how it ended; never raises for what Ray answers."""
        kind = self._kinds.get(command.get("kind", ""))
        if kind is None:
            message = f"The agent (protocol {PROTOCOL}) knows no command {command.get('kind')!r}."
            return Outcome(False, message)
        try:
            return kind(command)
        except (GcsError, DashboardError, NotDownloaded) as error:
            return Outcome(False, str(error))
        except (KeyError, TypeError, ValueError) as error:
            return Outcome(False, f"The command {command['kind']} is malformed: {error!r}.")

    def _drain(self, command: Command) -> Outcome:
        drained = self._gcs.drain(
            command["ray_node_id"],
            preemption=command["reason"] == "preemption",
            message=command.get("message", ""),
            deadline_seconds=float(command.get("deadline_seconds") or 0.0),
        )
        if drained.accepted:
            return Outcome(True, "Ray drains the node.")
        return Outcome(False, drained.message or NOT_IDLE)

    def _submit_job(self, command: Command) -> Outcome:
        submission_id = str(command["submission_id"])
        if self._dashboard.job_exists(submission_id):
            return Outcome(True, f"Job {submission_id} was submitted before.")
        environment: dict[str, Any] = {"env_vars": command.get("env") or {}}
        if command.get("package"):
            packed = self._download(**command["package"])
            environment["working_dir"] = self._dashboard.store(packed)
        elif command.get("files"):
            environment["working_dir"] = self._dashboard.store(package(command["files"]))
        entrypoint = str(command["entrypoint"])
        if command.get("workspace"):
            if self._workspace is None:
                return Outcome(False, "This cluster serves no workspace.")
            entrypoint = f"cd {shlex.quote(str(self._workspace.files))} && {entrypoint}"
            environment["env_vars"] = {**self._workspace.job_variables(), **environment["env_vars"]}
        request = {
            "submission_id": submission_id,
            "entrypoint": entrypoint,
            "metadata": command.get("metadata") or {},
            "runtime_env": environment,
        }
        self._insist(request)
        return Outcome(True, f"Job {submission_id} is submitted.")

    def _insist(self, request: Command) -> None:
        """Submit a job, again while Ray says that its own agents are not up yet."""
        give_up_at = time.monotonic() + INSIST_SECONDS
        while True:
            try:
                self._dashboard.submit(request)
            except DashboardError as error:
                # An answer that got lost on the way is no failure of the job.
                if self._dashboard.job_exists(str(request["submission_id"])):
                    return
                if NOT_YET not in str(error) or time.monotonic() > give_up_at:
                    raise
                time.sleep(1.0)
            else:
                return

    def _stop_job(self, command: Command) -> Outcome:
        submission_id = str(command["submission_id"])
        try:
            stopped = self._dashboard.stop(submission_id)
        except DashboardRefused as error:
            if error.code != 404:
                raise
            return Outcome(False, f"This cluster has no job {submission_id}.")
        ended = "is asked to stop" if stopped else "had already ended"
        return Outcome(True, f"Job {submission_id} {ended}.")

    def _report_state(self, command: Command) -> Outcome:
        self._gcs.report_state(pending=command["pending"], failed=command["failed"])
        return Outcome(True, "Ray knows of the nodes that are coming.")

    def _clear_standing_requests(self, _command: Command) -> Outcome:
        self._gcs.clear_standing_requests()
        return Outcome(True, "The resources requested by request_resources are cleared.")


class CommandDesk:
    """Takes in commands, which may come twice, and hands out each result until it is taken.

    ``news`` is called, from another thread, each time a command ends.
    """

    def __init__(
        self, carry_out: Callable[[Command], Outcome], *, news: Callable[[], None]
    ) -> None:
        self._carry_out = carry_out
        self._news = news
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._results: dict[str, dict[str, Any]] = {}
        self._told: set[str] = set()

    def receive(self, listed: list[Command], *, told: list[dict[str, Any]]) -> None:
        """Start what is new in Mobula's list; forget reported results that it lists no more."""
        still_listed = {str(command["id"]) for command in listed}
        with self._lock:
            self._told.update(result["id"] for result in told)
            for identity in self._told - still_listed:
                self._results.pop(identity, None)
            self._told &= self._results.keys()
            new = [command for command in listed if str(command["id"]) not in self._known]
            self._known.update((str(command["id"]), None) for command in new)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        for command in new:
            # A job takes seconds to submit: a drain must not wait for it.
            threading.Thread(target=self._work, args=(command,), daemon=True).start()

    def results(self) -> list[dict[str, Any]]:
        """Return the results to tell in this sync."""
        with self._lock:
            return list(self._results.values())

    def has_news(self) -> bool:
        """Say whether a result was never reported to Mobula."""
        with self._lock:
            return bool(self._results.keys() - self._told)

    def _work(self, command: Command) -> None:
        outcome = self._carry_out(command)
        identity = str(command["id"])
        log(
            "command carried out", command=identity, kind=command.get("kind"),
            ok=outcome.ok, message=outcome.message,
        )  # fmt: skip
        result = {"id": identity, "ok": outcome.ok, "message": outcome.message, "body": {}}
        with self._lock:
            self._results[identity] = result
        self._news()
