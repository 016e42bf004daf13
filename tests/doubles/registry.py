"""A container registry on this host, with its token service; what it answers may be changed."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "ci:secret"
KNOWN = base64.b64encode(ACCOUNT.encode()).decode()
TOKEN = "t0ken"


class Registry(BaseHTTPRequestHandler):
    """One request; `new_registry` gives a class of its own to change."""

    challenge = 'Bearer realm="{self}/token",service="registry.test"'
    answer: tuple[int, str] = (200, json.dumps({"token": TOKEN, "expires_in": 300}))
    manifest = 200  # the status of a manifest
    lets_everybody_in = False  # gives tokens without an account, too
    delay = 0.0
    drip = 0.0  # after each byte of an answer
    manifest_delay = 0.0
    asked: dict[str, list[str]]  # of the token service
    manifests: list[tuple[str, str]]  # path and Authorization, of those that were looked for

    def do_GET(self) -> None:
        time.sleep(self.delay)
        parts = urlsplit(self.path)
        host = f"http://127.0.0.1:{self.server.server_address[1]}"
        if parts.path == "/v2/":
            status = 401 if self.challenge else 200
            self._say(status, "", {"WWW-Authenticate": self.challenge.replace("{self}", host)})
        elif parts.path == "/elsewhere":
            raise AssertionError("the credentials were sent to another place")
        elif not self.lets_everybody_in and self.headers["Authorization"] != f"Basic {KNOWN}":
            self._say(401, "")
        else:
            type(self).asked = parse_qs(parts.query)
            status, text = self.answer
            self._say(status, text, {"Location": f"{host}/elsewhere"})

    def do_HEAD(self) -> None:
        time.sleep(self.manifest_delay)
        self.manifests.append((self.path, self.headers.get("Authorization", "")))
        self._say(self.manifest, "", {"Location": self.path})

    def _say(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        for byte in text.encode():
            self.wfile.write(bytes([byte]))
            time.sleep(self.drip)

    def log_message(self, *_: object) -> None:
        pass


def new_registry() -> type[Registry]:
    """Return a registry that nobody else changes."""
    return type("Answers", (Registry,), {"manifests": []})


@contextmanager
def answering(handler: type[Registry], *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Yield the host and port at which the registry answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
