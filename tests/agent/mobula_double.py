"""A tiny HTTP server that plays Mobula's side of the agent's protocol."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Sync = dict[str, Any]
# Generous: on a busy machine a head takes a minute to come up.
WAIT_SECONDS = 180.0


class MobulaDouble:
    """Keeps every sync it was sent and stores logs, jobs and results as Mobula would."""

    def __init__(self, *, token: str) -> None:
        self.token = token
        self.interval = 1.0
        self.answer_code = 200
        self.retry_after = ""
        self.headers: dict[str, str] = {}  # of the last sync
        self.syncs: list[Sync] = []
        self.commands: dict[str, dict[str, Any]] = {}
        self.results: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, str] = {}
        self.packages: dict[str, bytes] = {}  # by digest; given in pieces
        self.piece_bytes = 1000
        self.read_nodes: list[str] = []  # whose log files somebody reads
        self.node_logs: dict[tuple[str, str], str] = {}
        self.samples: dict[tuple[str, float], dict[str, Any]] = {}
        self.port = 0
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        self.come_back()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_away()

    @property
    def url(self) -> str:
        """Where the agent finds this Mobula, also while it is away."""
        return f"http://127.0.0.1:{self.port}"

    def come_back(self) -> None:
        """Listen, at the same address as before."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._endpoint())
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def go_away(self) -> None:
        """Stop listening; what was stored stays."""
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Do not listen inside the ``with`` block."""
        self.go_away()
        try:
            yield
        finally:
            self.come_back()

    def order(self, identity: str, kind: str, **fields: Any) -> None:
        """List a command until its result has come."""
        self.commands[identity] = {"id": identity, "kind": kind, **fields}

    def result(self, identity: str) -> dict[str, Any]:
        """Wait for a command's result and return it."""
        self.until(lambda: identity in self.results, f"the result of {identity}")
        return self.results[identity]

    def sync(self, fits: Callable[[Sync], Any], what: str) -> Sync:
        """Wait for a sync that fits, also among those that came already; return the newest."""
        self.until(lambda: any(fits(sync) for sync in self.syncs), what)
        return next(sync for sync in reversed(self.syncs) if fits(sync))

    def next_sync(self, fits: Callable[[Sync], Any], what: str) -> Sync:
        """Wait for a fitting sync among those that come from now on."""
        seen = len(self.syncs)
        self.until(lambda: any(fits(sync) for sync in self.syncs[seen:]), what)
        return next(sync for sync in self.syncs[seen:] if fits(sync))

    def until(self, holds: Callable[[], Any], what: str) -> None:
        """Wait until something holds; fail with what was waited for."""
        deadline = time.monotonic() + WAIT_SECONDS
        with self._news:
            while not holds():
                left = deadline - time.monotonic()
                last = self.syncs[-1] if self.syncs else None
                assert left > 0, f"Waited {WAIT_SECONDS} s for {what}. Last sync: {last}"
                self._news.wait(min(left, 1.0))

    def take(self, sync: Sync) -> dict[str, Any]:
        """Store one sync and return the answer."""
        with self._news:
            self.syncs.append(sync)
            self.jobs.update({job["submission_id"]: job for job in sync["jobs"]})
            self.samples.update({(entry["node"], entry["at"]): entry for entry in sync["samples"]})
            for part in sync["logs"]:
                self._append(part)
            offsets: dict[str, dict[str, int]] = {}
            for part in sync.get("node_logs", ()):  # agents of earlier versions send none
                key = part["node"], part["file"]
                self.node_logs[key] = self.node_logs.get(key, "") + part["text"]
                end = part["offset"] + len(part["text"].encode())
                offsets.setdefault(part["node"], {})[part["file"]] = end
            for result in sync["results"]:
                self.results[result["id"]] = result
                self.commands.pop(result["id"], None)
            self._news.notify_all()
            return {
                "interval": self.interval,
                "log_offsets": {key: len(text.encode()) for key, text in self.logs.items()},
                "jobs_acked": True,
                "samples_acked": sync["seq"],
                "node_logs": {"read": self.read_nodes, "offsets": offsets},
                "commands": list(self.commands.values()),
            }

    def _append(self, part: dict[str, Any]) -> None:
        stored = self.logs.setdefault(part["submission_id"], "")
        if part["offset"] == len(stored.encode()):
            self.logs[part["submission_id"]] = stored + part["text"]

    def _endpoint(self) -> type[BaseHTTPRequestHandler]:
        mobula = self

        class Endpoint(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?offset=")
                whole = mobula.packages.get(path.removeprefix("/agent/v1/packages/"))
                known = self.headers["Authorization"] == f"Bearer {mobula.token}"
                code = mobula.answer_code if known else 401
                start = int(query)
                piece = (whole or b"")[start : start + mobula.piece_bytes]
                self.send_response(404 if whole is None and code == 200 else code)
                self.send_header("Content-Length", str(len(piece)))
                self.end_headers()
                self.wfile.write(piece)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                mobula.headers = dict(self.headers)
                known = self.headers["Authorization"] == f"Bearer {mobula.token}"
                code = mobula.answer_code if known else 401
                answer = mobula.take(json.loads(body)) if code == 200 else {}
                self.send_response(code)
                if mobula.retry_after:
                    self.send_header("Retry-After", mobula.retry_after)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                return

        return Endpoint
