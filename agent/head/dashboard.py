"""The head's dashboard over HTTP: jobs, their files and logs, and what its hosts measured."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import urllib.error
import urllib.request
import zipfile
from typing import Any
from urllib.parse import quote, urlencode

TIMEOUT_SECONDS = 10.0
MOST_ACTORS = 10_000  # Ray refuses to list more
SUBMIT_TIMEOUT_SECONDS = 60.0


class DashboardError(Exception):
    """The dashboard did not answer; trying again may help."""


class DashboardRefused(DashboardError):
    """The dashboard answered with an error; ``code`` is its HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def package(files: dict[str, str]) -> bytes:
    """Return the bytes of a runtime package; the same files give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name])
    return content.getvalue()


class Dashboard:
    """The REST interface of one head's dashboard; safe to share by threads."""

    def __init__(self, url: str, *, token: str | None) -> None:
        self.url = url.rstrip("/")
        self._token = token
        # The dashboard is on this host or beside it, never behind the site's proxy.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def jobs(self) -> list[dict[str, Any]]:
        """Return every job Ray remembers, submitted ones and plain drivers."""
        return list(self._json("GET", "/api/jobs/"))

    def job_exists(self, submission_id: str) -> bool:
        """Say whether Ray knows this submission id."""
        try:
            self._request("GET", "/api/jobs/" + quote(submission_id, safe=""))
        except DashboardRefused as error:
            if error.code == 404:
                return False
            raise
        return True

    def store(self, packed: bytes) -> str:
        """Store a runtime package, named by its digest; return its URI for ``working_dir``."""
        name = f"_ray_pkg_{hashlib.sha256(packed).hexdigest()[:16]}.zip"
        path = "/api/packages/gcs/" + name
        self._request("PUT", path, body=packed, timeout=SUBMIT_TIMEOUT_SECONDS)
        return "gcs://" + name

    def submit(self, request: dict[str, Any]) -> None:
        """Submit a job; the keys are those of Ray's JobSubmitRequest."""
        body = json.dumps(request).encode("utf-8")
        self._request("POST", "/api/jobs/", body=body, timeout=SUBMIT_TIMEOUT_SECONDS)

    def stop(self, submission_id: str) -> bool:
        """Stop a job; False means that it had ended before."""
        path = f"/api/jobs/{quote(submission_id, safe='')}/stop"
        return bool(self._json("POST", path, body=b"{}").get("stopped"))

    def log(self, submission_id: str) -> bytes:
        """Return a job's whole log; Ray has no call for a part of it."""
        answer = self._json("GET", f"/api/jobs/{quote(submission_id, safe='')}/logs")
        return str(answer.get("logs") or "").encode("utf-8", "replace")

    def hosts(self) -> list[dict[str, Any]]:
        """Return what Ray's reporter measured on each node's host, dead nodes included."""
        return list(self._json("GET", "/nodes?view=summary")["data"]["summary"])

    def log_files(self, ray_node_id: str) -> list[str]:
        """Return the names of a node's log files; Ray asks the node's own agent."""
        query = urlencode({"node_id": ray_node_id, "glob": "*.*"})
        found: dict[str, list[str]] = self._json("GET", f"/api/v0/logs?{query}")["data"]["result"]
        return [name for names in found.values() for name in names]

    def log_tail(self, ray_node_id: str, name: str, *, lines: int) -> bytes:
        """Return the last lines of a node's log file."""
        query = urlencode({"node_id": ray_node_id, "filename": name, "lines": lines})
        return self._request("GET", f"/api/v0/logs/file?{query}")

    def living_actors(self) -> dict[str, Any]:
        """Return Ray's listing of the actors that live, and numbers that say if it is whole."""
        query = "filter_keys=state&filter_predicates=%3D&filter_values=ALIVE"
        answer = self._json("GET", f"/api/v0/actors?limit={MOST_ACTORS}&{query}")
        return dict(answer["data"]["result"])

    def _json(self, method: str, path: str, *, body: bytes | None = None) -> Any:
        content = self._request(method, path, body=body)
        try:
            return json.loads(content)
        except ValueError as error:
            raise DashboardError(
                f"{self.url}{path} answered something that is not JSON."
            ) from error

    def _request(
        self, method: str, path: str, *, body: bytes | None = None, timeout: float = TIMEOUT_SECONDS
    ) -> bytes:
        request = urllib.request.Request(self.url + path, data=body, method=method)  # noqa: S310
        request.add_header("Content-Type", "application/json")
        if self._token:
            request.add_header("Authorization", "Bearer " + self._token)
        try:
            with self._opener.open(request, timeout=timeout) as response:
                content: bytes = response.read()
        except urllib.error.HTTPError as error:
            raise DashboardRefused(error.code, _last_line(error)) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise DashboardError(f"Ray's dashboard at {self.url}: {reason}") from error
        return content


def _last_line(error: urllib.error.HTTPError) -> str:
    """Return the sentence of Ray's answer; its errors are tracebacks with the sentence last."""
    with error:
        lines = error.read().decode("utf-8", "replace").split("\n")
    messages = [line.strip() for line in lines if line.strip(" .^")]
    return messages[-1] if messages else f"Ray's dashboard answered {error.code}."
