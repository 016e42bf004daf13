"""What a machine says to Mobula: the same requests as `providers/bootstrap/scripts` send."""

from __future__ import annotations

import http.client
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_SECONDS = 20.0
NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, NO_ANSWER where there was none, and what came with it."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def why(self) -> str:
        """What Mobula says of a refusal."""
        return str(self.body.get("error") or f"HTTP {self.status}")


class MobulaClient:
    """Mobula, as one machine reaches it: first by its join token, then by a key of its own."""

    def __init__(self, url: str) -> None:
        self._base = f"{url.rstrip('/')}/agent/v1/nodes/"
        self._key = ""
        # No proxy: a demo cloud talks to this host alone.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def join(self, token: str, *, index: int, address: str, instance: str) -> Answer:
        """Exchange the token for what the node needs; the same call may be repeated."""
        self._key = self._key or secrets.token_hex(32)
        body = {"index": index, "address": address, "instance": instance, "secret": self._key}
        return self._post("join", body, key=token)

    def report(self, phases: Sequence[Mapping[str, Any]]) -> Answer:
        """Say how far the machine's start is."""
        return self._post("report", {"phases": phases}, key=self._key)

    def interruption(self, at: str) -> Answer:
        """Say that the machine is taken back, at this time in ISO 8601."""
        return self._post("interruption", {"at": at}, key=self._key)

    def _post(self, path: str, body: Mapping[str, Any], *, key: str) -> Answer:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked by the user data
            self._base + path,
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return Answer(answer.status, _read(answer.read()))
        except urllib.error.HTTPError as error:
            return Answer(error.code, _read(error.read()))
        except (OSError, http.client.HTTPException):
            return Answer(NO_ANSWER)


def _read(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
