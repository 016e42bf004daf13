"""Asks for pages all the while: which answer is 500, and whether a team sees another's clusters."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import httpx

from benchmarks.faults.phases import Life
from tests.e2e.stack import Console

ASK_EVERY_SECONDS = 1.0
SELDOM_SECONDS = 5.0  # where other tests share the cores: answering takes half of one
PATIENCE_SECONDS = 10.0  # for one page; a paused program keeps it waiting longer
BROKEN = httpx.codes.INTERNAL_SERVER_ERROR
AWAY = {httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE}
INTERNAL = "Internal Server Error: "


@dataclass(frozen=True)
class Answer:
    """A page that was answered by 500."""

    address: str
    asked_at: float
    answered_at: float


class PageWatch:
    """Asks for each team's pages as one of its members."""

    def __init__(self, lives: Sequence[Life], *, every_seconds: float = ASK_EVERY_SECONDS) -> None:
        self._lives = lives
        self._every_seconds = every_seconds
        self._broken: list[Answer] = []
        self._excused: list[tuple[float, float]] = []
        self._seen: set[str] = set()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(life,), daemon=True) for life in lives
        ]

    def __enter__(self) -> PageWatch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def excuse(self, since: float, until: float) -> None:
        """Let an answer of 500 between these moments count for nothing."""
        self._excused.append((since, until))

    def wrong(self) -> list[str]:
        """Return what was wrong."""
        answers = [*self._broken, *_logged(self._lives[0].member)]
        broken = {
            f"{answer.address} was answered by 500"
            for answer in answers
            if not any(
                answer.answered_at >= since and answer.asked_at <= until
                for since, until in self._excused
            )
        }
        return sorted(broken | self._seen)

    def answers(self) -> bool:
        """Return whether the pages of all teams answer now."""
        return all(_answers(life) for life in self._lives)

    def _run(self, life: Life) -> None:
        with httpx.Client(
            base_url=life.member.url, cookies=life.member.http.cookies, timeout=PATIENCE_SECONDS
        ) as http:
            while not self._over.wait(self._every_seconds):
                for address in ("/", "/clusters/?state=all", _page(life)):
                    self._ask(http, address, life)

    def _ask(self, http: httpx.Client, address: str, life: Life) -> None:
        asked_at = time.time()
        with suppress(httpx.TransportError):
            answer = http.get(address)
            if answer.status_code >= BROKEN and answer.status_code not in AWAY:
                self._broken.append(Answer(address, asked_at, time.time()))
            others = [other for other in self._lives if other is not life]
            self._seen |= {
                f"{address} of team {life.team} shows a cluster of team {other.team}"
                for other in others
                if f"{other.team}-" in answer.text
            }
            for other in others:
                if not address.startswith("/clusters/?") and _page(other) != "/":
                    self._refused(http, _page(other), life)

    def _refused(self, http: httpx.Client, address: str, life: Life) -> None:
        if http.get(address).status_code == httpx.codes.OK:
            self._seen.add(f"{address} of another team answers team {life.team}")


def _logged(mobula: Console) -> Iterator[Answer]:
    """Yield what the web process itself says that it answered by 500, to whomever."""
    with suppress(FileNotFoundError):
        for line in (mobula.home.log / "web.log").read_text(errors="replace").splitlines():
            if INTERNAL in line:
                with suppress(ValueError):
                    event = json.loads(line)
                    at = datetime.fromisoformat(event["at"]).timestamp()  # in whole seconds
                    yield Answer(event["event"].removeprefix(INTERNAL), at, at + 1)


def _page(life: Life) -> str:
    """Return the address of the life's present cluster, "/" before its first."""
    cluster = getattr(life, "cluster", None)
    return f"/clusters/{cluster.id}/" if cluster else "/"


def _answers(life: Life) -> bool:
    with suppress(httpx.TransportError):
        answer = httpx.get(
            f"{life.member.url}/clusters/", cookies=life.member.http.cookies, timeout=5
        )
        return answer.status_code == httpx.codes.OK
    return False
