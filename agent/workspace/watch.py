"""Keeps JupyterLab running and knows whether somebody works in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from agent.journal import log
from agent.workspace.environment import has_jupyter, jupyter_version
from agent.workspace.server import Server, ServerError

LOOK_EVERY_SECONDS = 3.0
STARTING_SECONDS = 180.0
SILENT_SECONDS = 60.0  # a busy machine keeps it from answering that long
LONGEST_PAUSE_SECONDS = 60.0
MISSING = "The image has no JupyterLab."


class WorkspaceWatch:
    """Starts the server, again whenever it ends, and reports it: see docs/agent.md."""

    def __init__(self, server: Server, *, news: Callable[[], None]) -> None:
        self._server = server
        self._news = news
        self._report: dict[str, Any] = {"state": "starting", "message": ""}
        self._patient_until: float | None = None  # so long it may be silent; None: never seen
        self._pause = 1.0
        self._again_at = float("-inf")
        self._installed: list[dict[str, Any]] = []
        self._installed_of = -1.0
        self._is_watched = False
        self._version = jupyter_version()

    def start(self) -> None:
        """Watch until the process ends; a second call changes nothing."""
        if self._is_watched:
            return
        self._is_watched = True
        threading.Thread(target=self._run, daemon=True).start()

    def report(self) -> dict[str, Any]:
        """Return what is known of the server."""
        return self._report

    def look(self, *, now: float) -> None:
        """Look at the server once; start it where there is none. `now` is a monotonic clock."""
        if not has_jupyter():
            self._tell("missing", MISSING)
            return
        try:
            self._take(self._activity())
            self._patient_until = now + SILENT_SECONDS
        except ServerError as error:
            self._without_answer(str(error), now=now)

    def _without_answer(self, said: str, *, now: float) -> None:
        """Wait for a server that starts, or that is slow for a while; start it anew otherwise."""
        server = self._server
        if self._patient_until is None and server.listens():
            self._patient_until = now + STARTING_SECONDS  # an earlier agent started it
        if not server.has_ended() and now < (self._patient_until or now):
            if self._report["state"] != "running":
                self._tell("starting", "")
            return
        if now < self._again_at:
            return
        if self._patient_until is not None:
            words = server.last_words() if server.has_ended() else said
            self._tell("failed", f"JupyterLab does not answer: {words}")
            server.stop()
        self._again_at = now + self._pause
        self._pause = min(LONGEST_PAUSE_SECONDS, 2 * self._pause)
        if wrong := self._begin(now=now):
            self._tell("failed", wrong)

    def _begin(self, *, now: float) -> str:
        """Start the server; return why it cannot be, or ""."""
        if wrong := self._server.environment.prepare():
            return wrong
        try:
            self._server.start()
        except OSError as error:
            return f"JupyterLab did not start: {error}."
        self._patient_until = now + STARTING_SECONDS
        log("jupyterlab started", port=self._server.place.port)
        return ""

    def _activity(self) -> dict[str, Any]:
        kernels = self._server.ask("api/kernels")
        terminals = self._server.ask("api/terminals")
        busy = sum(kernel.get("execution_state") == "busy" for kernel in kernels)
        times = [_seconds(each.get("last_activity")) for each in (*kernels, *terminals)]
        return {
            "kernels": len(kernels),
            "busy": busy,
            "terminals": len(terminals),
            "active_at": max((at for at in times if at), default=None),
        }

    def _take(self, activity: dict[str, Any]) -> None:
        self._pause = 1.0
        self._tell("running", "", packages=self._packages(), jupyterlab=self._version, **activity)

    def _packages(self) -> list[dict[str, Any]]:
        changed_at = self._server.environment.changed_at()
        if changed_at != self._installed_of:
            self._installed = self._server.environment.installed()
            self._installed_of = changed_at
        return self._installed

    def _tell(self, state: str, message: str, **more: Any) -> None:
        report = {"state": state, "message": message, **more}
        is_news = report["state"] != self._report["state"]
        self._report = report
        if is_news:
            log("workspace", state=state, message=message)
            self._news()

    def _run(self) -> None:
        while True:
            try:
                self.look(now=time.monotonic())
            except (AttributeError, OSError, TypeError, ValueError) as error:
                # The answer of a server that users can replace is no reason to stop looking.
                self._tell("failed", f"JupyterLab answers nonsense: {error!r}"[:300])
            time.sleep(LOOK_EVERY_SECONDS)


def _seconds(text: object) -> float | None:
    """Return the moment of an ISO time as seconds since 1970; None where it is none."""
    try:
        # Pythons before 3.11 do not know the Z.
        moment = str(text).strip("Z") + ("+00:00" if str(text).endswith("Z") else "")
        return round(datetime.fromisoformat(moment).timestamp(), 1)
    except ValueError:
        return None
