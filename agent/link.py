"""The agent's one connection: it posts what it saw to Mobula and reads the answer."""

from __future__ import annotations

import gzip
import http.client
import json
import random
import threading
import urllib.error
import urllib.request
from typing import Any, NamedTuple
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0
GZIP_FROM_BYTES = 8 * 1024
SHORTEST_INTERVAL, LONGEST_INTERVAL = 0.2, 30.0
LONGEST_BACKOFF, LONGEST_RETRY_AFTER = 30.0, 120.0
TOO_LARGE = 413
NO_SUCH_PACKAGE = 404
FINAL_ANSWERS = frozenset({401, 403, 410})


class Unreachable(Exception):
    """Mobula did not take the sync; the agent keeps everything and tries again.

    ``retry_after`` is how many seconds Mobula wants to be left alone, at least.
    """

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooLarge(Unreachable):
    """Mobula does not take a sync of this size: the next one must hold less."""


class Refused(Exception):
    """Mobula wants no more from this agent; ``code`` is the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Answer(NamedTuple):
    """What Mobula answered: when to come again, what it has stored, what it wants done."""

    interval: float
    log_offsets: dict[str, int]
    jobs_acked: bool
    samples_acked: int
    commands: list[dict[str, Any]]
    node_logs: dict[str, Any] | None = None  # None: this Mobula knows nothing of them


def read_answer(content: bytes) -> Answer:
    """Return the answer in an HTTP body, its interval within bounds."""
    try:
        answer = json.loads(content)
        return Answer(
            interval=min(max(float(answer["interval"]), SHORTEST_INTERVAL), LONGEST_INTERVAL),
            log_offsets={str(k): int(v) for k, v in (answer.get("log_offsets") or {}).items()},
            jobs_acked=bool(answer.get("jobs_acked")),
            samples_acked=int(answer.get("samples_acked") or 0),
            commands=[dict(command, id=str(command["id"])) for command in answer["commands"]],
            node_logs=dict(answer["node_logs"]) if answer.get("node_logs") else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreachable(f"Mobula's answer cannot be understood: {error!r}.") from error


def backoff(failures: int, *, at_least: float = 0.0) -> float:
    """Return the seconds to wait after the n-th failure in a row: 1 to 30, spread by chance.

    What Mobula asked for in Retry-After comes first.
    """
    return at_least + random.uniform(1.0, min(LONGEST_BACKOFF, 2.0 ** min(failures, 5)))  # noqa: S311


def retry_after(value: str | None) -> float:
    """Return the seconds of a Retry-After header within bounds; 0 for none and for a date."""
    try:
        seconds = float(value or 0.0)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


class Link:
    """Posts syncs to one Mobula with this cluster's token."""

    def __init__(self, url: str, *, token: str, cluster: str = "") -> None:
        self._url = url.rstrip("/") + "/agent/v1"
        # Mobula takes one request of a cluster at a time; commands ask from threads of their own.
        self._turn = threading.Lock()
        self._token = token
        self._cluster = cluster
        # A site's proxy may be the way to Mobula, but never to this very host.
        loopback = (urlsplit(url).hostname or "").startswith(("127.", "localhost", "::1"))
        proxies = urllib.request.ProxyHandler({} if loopback else None)
        self._opener = urllib.request.build_opener(proxies)

    def send(self, body: dict[str, Any]) -> Answer:
        """Post one sync and return Mobula's answer; raises Unreachable or Refused."""
        return read_answer(self._ask(self._sync(body)))

    def piece(self, digest: str, *, offset: int) -> bytes:
        """Return a piece of a package of code from ``offset``; raises Unreachable or Refused."""
        request = self._request(f"/packages/{digest}?offset={offset}")
        return self._ask(request, final=FINAL_ANSWERS | {NO_SUCH_PACKAGE})

    def _ask(
        self, request: urllib.request.Request, *, final: frozenset[int] = FINAL_ANSWERS
    ) -> bytes:
        try:
            with self._turn, self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                content: bytes = response.read()
                return content
        except urllib.error.HTTPError as error:
            error.close()
            message = f"Mobula answered {error.code} {error.reason}"
            if error.code in final:
                raise Refused(error.code, message) from error
            kind = TooLarge if error.code == TOO_LARGE else Unreachable
            wait = retry_after(error.headers.get("Retry-After"))
            raise kind(message, retry_after=wait) from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"Mobula is away: {getattr(error, 'reason', error)}") from error

    def _request(self, path: str, *, method: str = "GET") -> urllib.request.Request:
        request = urllib.request.Request(self._url + path, method=method)  # noqa: S310
        request.add_header("Authorization", "Bearer " + self._token)
        if self._cluster:
            request.add_header("X-Mobula-Cluster", self._cluster)
        return request

    def _sync(self, body: dict[str, Any]) -> urllib.request.Request:
        content = json.dumps(body, separators=(",", ":")).encode("utf-8")
        request = self._request("/sync", method="POST")
        request.add_header("Content-Type", "application/json")
        if len(content) > GZIP_FROM_BYTES:
            request.add_header("Content-Encoding", "gzip")
            content = gzip.compress(content, compresslevel=5)
        request.data = content
        return request
