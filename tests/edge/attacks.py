"""A web process under attack: what is sent to it, and what it takes from its machine."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from mobula.stack.process import Process
from tests.edge.link import Link

MIB = 2**20
CHUNK = b"x" * 65_536


@dataclass(frozen=True)
class Server:
    """The web process, where it listens, and the directory of its log and temporary files."""

    process: Process
    port: int
    directory: Path
    database: Link

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def memory(self) -> int:
        """How many bytes of memory it uses."""
        assert self.process.pid is not None
        return int(psutil.Process(self.process.pid).memory_info().rss)

    @property
    def on_disk(self) -> int:
        """How many bytes its temporary files have, also those that have no name."""
        assert self.process.pid is not None
        named = sum(file.stat().st_size for file in (self.directory / "tmp").rglob("*"))
        links = Path(f"/proc/{self.process.pid}/fd").iterdir()
        nameless = 0
        for link in links:
            with suppress(OSError):
                target = str(link.readlink())
                if target.startswith("/") and target.endswith("(deleted)"):
                    nameless += link.stat().st_size
        return named + nameless

    def http(self, cookies: Mapping[str, str] | None = None) -> httpx.Client:
        """Return a client that keeps its connection."""
        return httpx.Client(base_url=self.url, cookies=dict(cookies or {}), timeout=60)

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """A bare connection to it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            yield connection

    def send(self, pieces: Iterable[bytes]) -> bytes:
        """Send the pieces for as long as they are taken; return the beginning of the answer."""
        with self.connection() as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except OSError:
                pass
            return beginning(connection)

    @contextmanager
    def slow_clients(self, count: int, request: bytes) -> Iterator[list[socket.socket]]:
        """So many connections that have sent this and nothing more."""
        with ExitStack() as stack:
            sockets = [stack.enter_context(self.connection()) for _ in range(count)]
            for each in sockets:
                each.sendall(request)
            yield sockets


def beginning(connection: socket.socket) -> bytes:
    """Return the first bytes of the answer, b"" if there is none."""
    try:
        return connection.recv(4096)
    except OSError:
        return b""


def status(answer: bytes) -> int:
    """Return the status in an answer; 0 if the connection just ended."""
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def declared(path: str, size: int, *headers: str) -> Iterator[bytes]:
    """Yield a POST whose Content-Length is true."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {size}", *headers]
    yield ("\r\n".join(lines) + "\r\n\r\n").encode()
    for _ in range(size // len(CHUNK)):
        yield CHUNK


def chunked(path: str, size: int, *headers: str) -> Iterator[bytes]:
    """Yield a POST that does not say how long it is."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Transfer-Encoding: chunked", *headers]
    yield ("\r\n".join(lines) + "\r\n\r\n").encode()
    for _ in range(size // len(CHUNK)):
        yield b"%x\r\n%s\r\n" % (len(CHUNK), CHUNK)
    yield b"0\r\n\r\n"


def seconds_of(http: httpx.Client, path: str) -> float:
    """Return how long the page took; it must be there."""
    began = time.perf_counter()
    response = http.get(path)
    assert response.status_code == 200, response.text[:500]
    return time.perf_counter() - began
