"""A double of Google Cloud Build, Cloud Logging and Cloud Storage, as far as images are built.

What is asked and what it answers is checked against Google's own descriptions of the services,
which google-api-python-client brings. How a build runs is a generator: each time somebody asks for
the build, it goes on by one step.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import googleapiclient.discovery_cache

from mobula.demo_cloud.serving import serving

NOW = "2026-11-30T09:00:00Z"
_BEGUN = datetime(2026, 11, 30, 9)  # noqa: DTZ001 - its text gets a Z
PROJECT, REGION = "acme-ml", "europe-west4"
_BUILDS = f"/v1/projects/{PROJECT}/locations/{REGION}/builds"


@dataclass(frozen=True)
class Failure:
    """What is answered in place of an answer; `is_late`: after the call was carried out."""

    status: int
    reason: str = ""
    is_late: bool = False


THROTTLED = Failure(429, "rateLimitExceeded")
REFUSED = Failure(403, "forbidden")
BROKEN = Failure(500, "backendError")
ANSWER_LOST = Failure(503, "backendError", is_late=True)


@dataclass
class RemoteBuild:
    """A build as Cloud Build has it, and its log."""

    row: dict[str, Any]
    log: list[dict[str, Any]] = field(default_factory=list)
    steps: Iterator[None] | None = None

    @property
    def mark(self) -> str:
        return "##" + next(one for one in self.row["tags"] if one.startswith("mark-"))[5:]

    def say(self, *lines: str, step: str = "build") -> None:
        for line in lines:
            number = len(self.log)
            at = _BEGUN + timedelta(seconds=number // 2)
            self.log.append(
                {
                    "insertId": f"{self.row['id']}-{number}",
                    "timestamp": f"{at.isoformat()}.000000001Z",
                    "textPayload": f'Step #1 - "{step}": {line}' if step else line,
                    "logName": f"projects/{PROJECT}/logs/cloudbuild",
                    "resource": {"type": "build", "labels": {"build_id": self.row["id"]}},
                }
            )

    def end(self, status: str = "SUCCESS", **more: Any) -> None:
        self.row |= {"status": status, "finishTime": NOW, **more}


@dataclass(frozen=True)
class Asked:
    """A request."""

    path: str
    query: dict[str, str]
    body: bytes


type Plan = Callable[[RemoteBuild], Iterator[None]]


@dataclass
class CloudBuildDouble:
    """One project in one region."""

    url: str = ""
    builds: dict[str, RemoteBuild] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    failures: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    denied: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    plan: Plan = lambda _: iter(())
    log_page: int = 1_000
    empty_pages: int = 0  # of the list of builds, before what it has
    delays: int = 0  # so many calls go well before the next failures
    lock: RLock = field(default_factory=RLock)

    def only(self) -> RemoteBuild:
        (one,) = self.builds.values()
        return one

    def key(self) -> dict[str, str]:
        """Return the key of a service account whose tokens this double gives out."""
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "SECRET",
            "private_key": _private_key(),
            "client_email": "mobula@acme.example",
            "token_uri": f"{self.url}/token",
        }

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Any:
        """Return the answer, or a Failure."""
        if path == "/token":
            return {"access_token": "ya29.SECRET", "expires_in": 3600, "token_type": "Bearer"}
        name = _name(method, path)
        self.calls.append(name)
        waiting = self.failures[name]
        failure = REFUSED if name in self.denied else None
        if waiting and self.delays:
            self.delays -= 1
        elif waiting and not failure:
            failure = waiting.pop(0)
        if failure and not failure.is_late:
            return failure
        found = getattr(self, f"_{name.replace('.', '_')}")(Asked(path, query, body))
        return failure or found

    def _builds_create(self, asked: Asked) -> Any:
        if asked.path != _BUILDS:
            return Failure(404, "notFound")
        row = json.loads(asked.body)
        check("cloudbuild.v1", "Build", row)
        id = f"0000-{len(self.builds)}"  # noqa: A001 - as Google calls it
        row |= {"id": id, "name": f"{_BUILDS[4:]}/{id}", "status": "QUEUED", "createTime": NOW}
        build = self.builds[id] = RemoteBuild(row)
        build.steps = self.plan(build)
        check("cloudbuild.v1", "Build", row)
        return {"name": f"operations/{id}", "metadata": {"build": row}}

    def _builds_get(self, asked: Asked) -> Any:
        build = self.builds.get(asked.path.rpartition("/")[2])
        if build is None:
            return Failure(404, "notFound")
        if build.steps and "finishTime" not in build.row:
            next(build.steps, None)
        check("cloudbuild.v1", "Build", build.row)
        return build.row

    def _builds_list(self, asked: Asked) -> Any:
        wanted = re.fullmatch(r'tags="([\w.-]+)"', asked.query["filter"])
        assert wanted, asked
        page = int(asked.query.get("pageToken", 0))
        if page < self.empty_pages:
            return {"nextPageToken": str(page + 1)}
        return {"builds": [b.row for b in self.builds.values() if wanted[1] in b.row["tags"]]}

    def _builds_cancel(self, asked: Asked) -> Any:
        build = self.builds.get(asked.path.rpartition("/")[2].partition(":")[0])
        if build is None:
            return Failure(404, "notFound")
        if "finishTime" in build.row:
            return Failure(400, "failedPrecondition")
        build.end("CANCELLED")
        return build.row

    def _entries_list(self, asked: Asked) -> Any:
        wanted = json.loads(asked.body)
        check("logging.v2", "ListLogEntriesRequest", wanted)
        id = re.search(r'build_id="([\w-]+)"', wanted["filter"])[1]  # type: ignore[index] # noqa: A001
        since = re.search(r'timestamp>="([^"]+)"', wanted["filter"])
        rows = self.builds[id].log if id in self.builds else []
        rows = [one for one in rows if not since or one["timestamp"] >= since[1]]
        start = int(wanted.get("pageToken", 0))
        found: dict[str, Any] = {"entries": rows[start : start + self.log_page]}
        if start + self.log_page < len(rows):
            found["nextPageToken"] = str(start + self.log_page)
        check("logging.v2", "ListLogEntriesResponse", found)
        return found

    def _objects_insert(self, asked: Asked) -> Any:
        name = asked.query["name"]
        self.objects[f"{asked.path.split('/')[-2]}/{name}"] = asked.body
        return {"name": name}

    def _objects_delete(self, asked: Asked) -> Any:
        _, bucket, _, name = asked.path.rsplit("/", 3)
        is_there = self.objects.pop(f"{bucket}/{unquote(name)}", None) is not None
        return {} if is_there else Failure(404, "notFound")


def _name(method: str, path: str) -> str:
    if "/storage/v1/" in path:
        return {"POST": "objects.insert", "DELETE": "objects.delete"}[method]
    if path == "/v2/entries:list":
        return "entries.list"
    if path.endswith(":cancel"):
        return "builds.cancel"
    if path.endswith("/builds"):
        return {"POST": "builds.create", "GET": "builds.list"}[method]
    return "builds.get"


@cache
def _private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


@cache
def _schemas(document: str) -> dict[str, Any]:
    folder = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
    found: dict[str, Any] = json.loads((folder / f"{document}.json").read_text())["schemas"]
    return found


def check(document: str, schema: str, value: Any) -> None:
    """Assert that all fields are those of the schema, and choices among its own."""
    for key, inner in value.items():
        known = _schemas(document)[schema]["properties"]
        assert key in known, f"{schema} has no field {key}"
        _check_one(document, known[key], inner, f"{schema}.{key}")


def _check_one(document: str, kind: dict[str, Any], value: Any, where: str) -> None:
    if "$ref" in kind:
        check(document, kind["$ref"], value)
    elif kind.get("type") == "array":
        assert isinstance(value, list), where
        for one in value:
            _check_one(document, kind["items"], one, where)
    elif kind.get("type") == "string":
        assert isinstance(value, str), where
        assert value in kind.get("enum", [value]), f"{where} cannot be {value}"


class _Handler(BaseHTTPRequestHandler):
    double: CloudBuildDouble

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        with self.double.lock:
            try:
                found = self.double.answer(self.command, parts.path, query, body)
            except AssertionError as wrong:  # the test fails with these words
                found = Failure(400, str(wrong)[:200])
        if isinstance(found, Failure):
            error = {"message": "no: SECRET", "errors": [{"reason": found.reason}]}
            return self._say(found.status, {"error": error | {"code": found.status}})
        return self._say(200, found)

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def _say(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running() -> Iterator[CloudBuildDouble]:
    """Run the double at a free port of this machine for as long as the block lasts."""
    double = CloudBuildDouble()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": double}))
    with serving(server) as double.url:
        yield double
