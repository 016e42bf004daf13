"""Where a demo cloud keeps its state, and at which port it answers."""

from __future__ import annotations

import fcntl
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 5.0


class AlreadyRunning(Exception):
    """Another process runs this demo cloud."""


class NotRunning(Exception):
    """No process answers for this demo cloud."""


class DemoHome:
    """The directory of the demo AWS below MOBULA_HOME."""

    def __init__(self, mobula_home: Path) -> None:
        self.path = mobula_home / "demo-aws"
        self.machines = self.path / "machines"
        self.agent = self.path / "agent"
        self._wanted = self.path / "wanted"
        self._port = self.path / "port"

    def port(self) -> int:
        """Return the port at which the demo answers, the same one ever after it was chosen."""
        try:
            return int(self._port.read_text())
        except (FileNotFoundError, ValueError):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = int(free.getsockname()[1])
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._port.write_text(str(port))
        return port

    @property
    def url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self.port()}"

    @property
    def is_wanted(self) -> bool:
        """Whether `mobula up` shall run it beside the stack."""
        return self._wanted.exists()

    def want(self) -> None:
        """Have `mobula up` run it, now and whenever it starts."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._wanted.touch()

    def leave(self) -> None:
        """Have `mobula up` end it, with all that runs in it."""
        self._wanted.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the demo for this process; raises AlreadyRunning."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunning(f"The demo AWS in {self.path} runs already.") from None
            yield

    def ask(self, action: str = "", **values: object) -> Mapping[str, Any]:
        """Return what the running demo answers; without an action, what runs in it.

        Raises NotRunning, also with what it refuses.
        """
        body = json.dumps(values).encode() if action else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/demo/{action}", data=body, timeout=TIMEOUT_SECONDS) as it:
                answer: Mapping[str, Any] = json.load(it)
                return answer
        except urllib.error.HTTPError as error:
            raise NotRunning(f"The demo AWS refused: {error.read().decode()}") from error
        except (OSError, ValueError) as error:
            words = "The demo AWS does not run. Start it: mobula demo-cloud aws"
            raise NotRunning(words) from error
