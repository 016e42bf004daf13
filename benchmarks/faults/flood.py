"""`python -m benchmarks.faults.flood URL`: send hostile requests until killed.

On standard input is what a cluster's agent knows: its id, its run and its token.
"""

from __future__ import annotations

import gzip
import http.client
import json
import secrets
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

MIB = 2**20
# The flood shares the cores with what it floods: an attacker's machine is another one.
PAUSE_SECONDS = 0.05
BOMB = gzip.compress(bytes(32 * MIB))
NOISE = secrets.token_bytes(MIB)
SYNC = "/agent/v1/sync"
SIGN_IN = "/accounts/sign-in/"


class Flooder:
    """One connection after the other to the console, each used for as long as it is taken."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url).netloc
        self._url = url
        self._connection = http.client.HTTPConnection(self._place, timeout=30)

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Send one request and return the cookie that came back, "" without one."""
        try:
            self._connection.request(method, path, body, {"Host": self._place, **headers})
            answer = self._connection.getresponse()
            answer.read()
            return (answer.headers.get("Set-Cookie") or "").partition(";")[0]
        except (OSError, http.client.HTTPException):
            self._connection.close()
            time.sleep(0.05)  # it is away: the next connection
            return ""

    def bombs(self) -> None:
        """Send what unpacks to 32 MiB, with no token."""
        self.send("POST", SYNC, BOMB, {"Content-Encoding": "gzip", **_JSON})

    def noise(self) -> None:
        """Send what is no report at all, with a token of nobody."""
        self.send("POST", SYNC, NOISE, {"Authorization": "Bearer nobody", **_JSON})

    def sign_ins(self) -> None:
        """Try a password for an address that nobody has."""
        cookie = self.send("GET", SIGN_IN, b"", {})
        email = f"{secrets.token_hex(4)}@example.org"
        form = urllib.parse.urlencode({"email": email, "password": "guess"})
        token = {"Cookie": cookie, "X-CSRFToken": cookie.partition("=")[2], "Referer": self._url}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.send("POST", SIGN_IN, form.encode(), {**kind, **token})

    def reports(self, body: bytes, token: str) -> None:
        """Send a report that is allowed, of one cluster."""
        self.send("POST", SYNC, body, {"Authorization": f"Bearer {token}", **_JSON})


_JSON = {"Content-Type": "application/json"}


def largest_demand(access: Mapping[str, Any]) -> bytes:
    """Return the report of a cluster with as many placement groups as are looked at."""
    gang = {"strategy": "SPREAD", "bundles": [{"resources": {"CPU": 1.0}} for _ in range(10)]}
    gangs = [{**gang, "id": f"flood-{number}"} for number in range(1_000)]
    demand = {"shapes": [], "gangs": gangs, "standing_requests": []}
    return json.dumps(
        {"cluster": access["cluster"], "run": access["run"], "demand": demand}
    ).encode()


def main() -> None:
    """Flood with six connections until somebody ends this process."""
    url, access = sys.argv[1], json.load(sys.stdin)
    large, token = largest_demand(access), str(access["token"])
    kinds: tuple[Callable[[Flooder], None], ...] = (
        Flooder.bombs,
        Flooder.bombs,
        Flooder.noise,
        Flooder.sign_ins,
        lambda flooder: flooder.reports(large, token),
        lambda flooder: flooder.reports(BOMB[: MIB // 2], token),
    )
    for kind in kinds:
        threading.Thread(target=_repeat, args=(Flooder(url), kind), daemon=True).start()
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _repeat(flooder: Flooder, kind: Callable[[Flooder], None]) -> None:
    while True:
        kind(flooder)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
