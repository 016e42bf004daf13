"""A Git repository behind plain HTTP on this machine, by Git's own `http-backend`."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_WHO = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
_WHO |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in _WHO.items()}


class GitServer:
    """One repository, `checks.git`; commits are made in a working copy of it."""

    def __init__(self, directory: Path) -> None:
        self.tree = directory / "work"
        self.credentials = ""  # USER:PASSWORD, if it takes any
        self.is_silent = False  # it takes requests and does not answer
        self._over = threading.Event()
        self._root = directory
        git(directory, "init", "--quiet", "--initial-branch=main", "work")
        git(directory, "init", "--quiet", "--bare", "--initial-branch=main", "checks.git")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where the repository is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/checks.git"

    def commit(self, files: Mapping[str, str], *, branch: str = "main") -> str:
        """Write files, commit them with what else is in the working copy, and push; the commit."""
        for name, text in files.items():
            path = self.tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self.push(branch=branch)

    def push(self, *, branch: str = "main") -> str:
        """Commit the working copy as it is and push it; return the commit."""
        git(self.tree, "add", "--all")
        git(self.tree, "commit", "--quiet", "--allow-empty", "--message", "Change.")
        git(self.tree, "push", "--quiet", str(self._root / "checks.git"), f"HEAD:{branch}")
        return git(self.tree, "rev-parse", "HEAD").strip()

    def tag(self, name: str) -> None:
        """Give the commit a name that stays."""
        git(self.tree, "tag", name)
        git(self.tree, "push", "--quiet", str(self._root / "checks.git"), name)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer inside the `with` block."""
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield
        finally:
            self._over.set()
            self._server.shutdown()
            self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def _answer(self, body: bytes) -> None:
                if server.is_silent:
                    server._over.wait(60)
                    return
                wanted = "Basic " + base64.b64encode(server.credentials.encode()).decode()
                if server.credentials and self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", "Basic realm=test")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self._by_git(body)

            def _by_git(self, body: bytes) -> None:
                path, _, query = self.path.partition("?")
                environment = {
                    "PATH": os.environ["PATH"],
                    "GIT_PROJECT_ROOT": str(server._root),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "REQUEST_METHOD": self.command,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "CONTENT_LENGTH": str(len(body)),
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                }
                answer = subprocess.run(
                    ["git", "http-backend"], input=body, env=environment, capture_output=True,
                    check=False, timeout=30,
                ).stdout  # fmt: skip
                head, _, content = answer.partition(b"\r\n\r\n")
                lines = [line.partition(": ") for line in head.decode().splitlines()]
                headers = {name: value for name, _, value in lines}
                self.send_response(int(headers.pop("Status", "200").split()[0]))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        return Handler


def git(directory: Path, *arguments: str) -> str:
    """Return what a command of git prints."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), **_WHO}
    return subprocess.run(
        ["git", *arguments], cwd=directory, env=environment, check=True, capture_output=True,
        text=True, timeout=30,
    ).stdout  # fmt: skip
