"""The log of one build, from Cloud Logging: each entry once, also one that comes late."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.builders.cloudbuild.calls import GoogleCalls
from providers.builders.cloudbuild.reading import mark_of
from providers.errors import InvalidRequest, ProviderError

# Of each line: which step has printed it.
_STEP = re.compile(r'Step #\d{1,4}(?: - "[^"]{0,100}")?: ')
# Google allows 60 such questions in a minute and project: no more than that, all pages counted.
_EVERY_SECONDS, _MOST_PAGES, _PAGE = 5.0, 5, 1_000
# So much later than its neighbors an entry may be listed.
_LATE = timedelta(seconds=10)
_LAST = "DONE"


class CloudLog:
    """Follows the entries of one build by their time; remembers those of the last seconds only."""

    def __init__(
        self,
        calls: GoogleCalls,
        remote: str,
        *,
        every: float = _EVERY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = calls
        _, self._project, *_, self._id = remote.split("/")
        self._every, self._clock = every, clock
        self._mark = self._since = self._token = ""
        self._newest = datetime.fromtimestamp(0, UTC)
        self._seen: set[str] = set()
        self._order: deque[tuple[datetime, str]] = deque()  # of what was seen
        self._has_come = False
        self._next_at = 0.0

    def know(self, build: Mapping[str, Any]) -> None:
        """Take what begins the lines that are meant for Mobula."""
        self._mark = mark_of(build)

    def more(self) -> Sequence[str]:
        if self._clock() < self._next_at:
            return []
        self._next_at = self._clock() + self._every
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            try:
                answer = self._page()
            except ProviderError as error:
                is_old = bool(self._token) and isinstance(error, InvalidRequest)
                self._ask_anew()
                if found or is_old:  # what has come is not asked for again
                    break
                raise
            found += self._taken(answer.get("entries", ()))
            self._token = str(answer.get("nextPageToken", ""))
            if not self._token:
                self._ask_anew()
                break
        return [line for text in found for line in self._lines(text)]

    def missing(self) -> str:
        if self._has_come:
            return ""
        return (
            "The log is not in Cloud Logging: it was removed, is excluded there, or the service "
            "account of builds may not write it (role Logs Writer)."
        )

    def _taken(self, entries: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return the lines of the entries that were not seen yet."""
        found: list[str] = []
        for entry in entries:
            name = str(entry.get("insertId", ""))
            at = _moment(entry.get("timestamp")) or self._newest
            if name in self._seen:
                continue
            self._seen.add(name)
            self._order.append((at, name))
            self._newest = max(self._newest, at)
            found += str(entry.get("textPayload", "")).split("\n")
        self._has_come |= bool(found)
        # None of these is listed again: a log of a GiB must not fill the memory.
        while self._order and self._order[0][0] < self._newest - _LATE:
            self._seen.discard(self._order.popleft()[1])
        return found

    def _ask_anew(self) -> None:
        """Begin the next question some seconds before the newest entry."""
        self._token = ""  # a token is for the question that it came with
        if self._has_come:
            self._since = (self._newest - _LATE).isoformat().replace("+00:00", "Z")

    def _lines(self, text: str) -> list[str]:
        line = _STEP.sub("", text, count=1)
        return [line, f"{self._mark} end"] if line.strip() == _LAST else [line]

    def _page(self) -> Mapping[str, Any]:
        wanted = [
            'resource.type="build"',
            f'resource.labels.build_id="{self._id}"',
            f'logName="projects/{self._project}/logs/cloudbuild"',
        ]
        if self._since:
            wanted.append(f'timestamp>="{self._since}"')
        body = {
            "resourceNames": [f"projects/{self._project}"],
            "filter": " AND ".join(wanted),
            "orderBy": "timestamp asc",
            "pageSize": _PAGE,
            **({"pageToken": self._token} if self._token else {}),
        }
        entries = self._calls.client("logging").entries()
        answer: Mapping[str, Any] = self._calls(
            lambda: entries.list(body=body), right="logging.logEntries.list"
        )
        return answer


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
