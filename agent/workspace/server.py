"""The JupyterLab process: how it is started, and what is asked of it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from agent.workspace.environment import Environment, image_prefixes

TIMEOUT_SECONDS = 5.0
MOST_ANSWER_BYTES = 2**20
_LOG_TAIL = 2048


class ServerError(Exception):
    """JupyterLab did not answer as it should; trying again may help."""


class Place(NamedTuple):
    """Where a workspace is on its head, as `agent.json` says under ``workspace``."""

    port: int
    token: str
    base_path: str  # "/workspaces/<id>/"
    directory: str  # has files/, home/ and environments/
    image: str  # the name of its environment
    gcs_address: str
    cull_seconds: int


class Server:
    """JupyterLab of one workspace; it outlives the agent, which finds it again by its port."""

    def __init__(self, place: Place) -> None:
        self.place = place
        root = Path(place.directory)
        self.files, self.home = root / "files", root / "home"
        self.environment = Environment(root / "environments" / place.image)
        self._log = root / "jupyter.log"
        self._process: subprocess.Popen[bytes] | None = None
        # It listens on this host: the site's proxy is not asked.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def start(self) -> None:
        """Start it; raises OSError."""
        for folder in (self.files, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self.command(),
                cwd=str(self.files),
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def listens(self) -> bool:
        """Say whether somebody listens on its port."""
        with socket.socket() as probe:
            probe.settimeout(TIMEOUT_SECONDS)
            return probe.connect_ex(("127.0.0.1", self.place.port)) == 0

    def stop(self) -> None:
        """End the process that this agent started, if it lives."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def has_ended(self) -> bool:
        """Say whether the process that this agent started is over."""
        return self._process is not None and self._process.poll() is not None

    def last_words(self) -> str:
        """Return the last line that it printed."""
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, self._log.stat().st_size - _LOG_TAIL))
                text = log.read().decode(errors="replace")
        except OSError:
            return ""
        return text.strip().rpartition("\n")[2][:300]

    def command(self) -> list[str]:
        """Return its command line, which anybody on the host can read: no token is in it."""
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": self.place.port,
            "ServerApp.port_retries": 0,
            "ServerApp.base_url": self.place.base_path,
            "ServerApp.root_dir": self.files,
            "ServerApp.allow_root": os.geteuid() == 0,
            "ServerApp.open_browser": False,
            "ServerApp.quit_button": False,
            "ServerApp.use_redirect_file": False,
            "PasswordIdentityProvider.allow_password_change": False,
            "LabApp.news_url": "None",
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "LabApp.extension_manager": "readonly",
        }
        if self.place.cull_seconds:
            options["MappingKernelManager.cull_idle_timeout"] = self.place.cull_seconds
            options["MappingKernelManager.cull_interval"] = 30
            options["MappingKernelManager.cull_connected"] = True
        words = [f"--{name}={value}" for name, value in options.items()]
        shell = json.dumps([shutil.which("bash") or "/bin/sh"])
        terminals = f'--ServerApp.terminado_settings={{"shell_command": {shell}}}'
        return [str(self.environment.python), "-m", "jupyterlab", *words, terminals]

    def variables(self) -> dict[str, str]:
        """Return its environment, which kernels and terminals inherit."""
        environment = self.environment
        path = f"{environment.path / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        job = {"runtime_env": {"env_vars": self.job_variables()}}
        return {
            **os.environ,
            "HOME": str(self.home),
            "SHELL": shutil.which("bash") or "/bin/sh",
            "PATH": path,
            "VIRTUAL_ENV": str(environment.path),
            "JUPYTER_TOKEN": self.place.token,
            # It would look for its pages and extensions below the upper environment.
            "JUPYTER_PATH": _joined("share/jupyter"),
            "JUPYTER_CONFIG_PATH": _joined("etc/jupyter"),
            "RAY_ADDRESS": self.place.gcs_address,
            # Tasks and actors of notebooks find what was installed in the workspace.
            "RAY_JOB_CONFIG_JSON_ENV_VAR": json.dumps(job),
        }

    def job_variables(self) -> dict[str, str]:
        """Return with which variables workers of Ray find what was installed in the workspace."""
        return {"PYTHONPATH": str(self.environment.packages)}

    def ask(self, path: str) -> Any:
        """Return the answer of its REST interface; raises ServerError."""
        url = f"http://127.0.0.1:{self.place.port}{self.place.base_path}{path}"
        request = urllib.request.Request(
            url, headers={"Authorization": f"token {self.place.token}"}
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.loads(answer.read(MOST_ANSWER_BYTES))
        except (OSError, ValueError, urllib.error.URLError) as error:
            raise ServerError(str(error)) from error


def _joined(folder: str) -> str:
    return os.pathsep.join(str(prefix / folder) for prefix in image_prefixes())
