"""Lets the double of CodeBuild answer over HTTP, in the protocol that the SDK speaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from mobula.demo_cloud.serving import serving
from tests.doubles.aws.builds import LOST, REFUSED, BuildsDouble, Refused

_SERVICES = {
    "CodeBuild_20161006": "codebuild",
    "Logs_20140328": "logs",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
}


class _Handler(BaseHTTPRequestHandler):
    double: BuildsDouble

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target, _, operation = self.headers["X-Amz-Target"].partition(".")
        self._perform(_SERVICES[target], operation, json.loads(body))

    def do_PUT(self) -> None:
        self._store("PutObject")

    def do_DELETE(self) -> None:
        self._store("DeleteObject")

    def _store(self, operation: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        key = unquote(urlsplit(self.path).path).lstrip("/")
        self.double.calls.append(f"s3:{operation}")
        if operation in self.double.denied:
            text = b"<Error><Code>AccessDenied</Code><Message>no: SECRET</Message></Error>"
            return self._say(403, text, "application/xml")
        if self.double.failures[operation]:
            failure = self.double.failures[operation].pop(0)
            text = f"<Error><Code>{failure.code}</Code><Message>SECRET</Message></Error>"
            return self._say(failure.status, text.encode(), "application/xml")
        if operation == "PutObject":
            self.double.objects[key] = body
            return self._say(200, b"", "application/xml")
        self.double.objects.pop(key, None)
        return self._say(204, b"", "application/xml")

    def _perform(self, service: str, operation: str, asked: dict[str, Any]) -> None:
        with self.double.lock:
            self.double.calls.append(f"{service}:{operation}")
            waiting = self.double.failures[operation]
            failure = waiting.pop(0) if waiting else None
            if operation in self.double.denied:
                failure = REFUSED
            if failure and failure.status != LOST:
                return self._refuse(failure.status, failure.code, "no: SECRET")
            try:
                answer = self.double.perform(service, operation, asked)
            except Refused as refused:
                return self._refuse(400, *refused.args)
            except AssertionError as wrong:  # the test fails with these words
                return self._refuse(400, "ValidationException", str(wrong))
        if failure:
            self.close_connection = True
            return None
        return self._say(
            200,
            json.dumps(answer, default=datetime.timestamp).encode(),
            "application/x-amz-json-1.1",
        )

    def _refuse(self, status: int, code: str, message: str) -> None:
        text = json.dumps({"__type": code, "message": message}).encode()
        return self._say(status, text, "application/x-amz-json-1.1")

    def _say(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("x-amzn-RequestId", "00000000-0000-4000-8000-000000000000")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running() -> Iterator[BuildsDouble]:
    """Run the double at a free port of this machine for as long as the block lasts."""
    double = BuildsDouble()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": double}))
    with serving(server) as double.url:
        yield double
