"""Mobula, as far as a node speaks with it; the real endpoint runs the same scripts elsewhere."""

from __future__ import annotations

import gzip
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from agent import bundle
from mobula.demo_cloud.serving import serving

JOIN_TOKEN = "a1" * 32
RAY_TOKEN = "c3" * 32
AGENT_TOKEN = "b2" * 32


class _Answers(BaseHTTPRequestHandler):
    double: NodesDouble

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/agent/v1/sync":
            packed = self.headers.get("Content-Encoding") == "gzip"
            self.double.syncs.append(json.loads(gzip.decompress(content) if packed else content))
            self._say(200, json.dumps({"interval": 0.5, "commands": [], "jobs_acked": True}))
            return
        self._answer(json.loads(content))

    def do_GET(self) -> None:
        self._answer({})

    def _answer(self, body: dict[str, Any]) -> None:
        path, double = self.path.removeprefix("/agent/v1/nodes/"), self.double
        if double.away > 0:
            double.away -= 1
            self._say(503, "{}")
            return
        key = self.headers["Authorization"].removeprefix("Bearer ")
        double.requests.append((path, key, body))
        status = double.statuses.get(path, 200)
        if status != 200:
            self._say(status, '{"error": "No."}')
        elif path == "registry":
            login = {"registry.example.org": {"registrytoken": "canary"}}
            self._say(200, json.dumps({"auths": login}))
        elif path == "agent":
            self._say(200, bundle.pack())
        else:
            self._say(200, json.dumps(double.joined if path == "join" else {}))

    def _say(self, status: int, content: str | bytes) -> None:
        content = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class NodesDouble:
    """Answers joins, reports and interruptions; `away` counts the requests that get 503."""

    def __init__(self, **joined: Any) -> None:
        self.joined = {"node": "c4f1-1", "head": "", "ray_token": RAY_TOKEN, **joined}
        self.statuses: dict[str, int] = {}  # by path: what is answered instead
        self.away = 0
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.syncs: list[dict[str, Any]] = []

    def phases(self) -> list[tuple[str, str]]:
        """Every step that was reported last, in its order."""
        reports = [body for path, _, body in self.requests if path == "report"]
        steps = reports[-1]["phases"] if reports else []
        return [(step["phase"], step["state"]) for step in steps]

    def failure(self) -> str:
        """The log lines of the step that failed."""
        reports = [body for path, _, body in self.requests if path == "report"]
        failed = [step for body in reports for step in body["phases"] if step["state"] == "failed"]
        return str(failed[0]["log"]) if failed else ""

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [body for asked, _, body in self.requests if asked == path]

    def __enter__(self) -> Self:
        answers = type("Answers", (_Answers,), {"double": self})
        self._served = serving(ThreadingHTTPServer(("127.0.0.1", 0), answers))
        self.url = self._served.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._served.__exit__(None, None, None)
