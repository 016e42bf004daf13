"""The log of one build, from Cloud Logging: each entry once, also one that comes late."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from providers.builders.cloudbuild.calls import GoogleCalls
from providers.builders.cloudbuild.reading import mark_of

# Of each line: which step has printed it.
_STEP = re.compile(r'Step #\d{1,4}(?: - "[^"]{0,100}")?: ')
_MOST_PAGES, _PAGE = 20, 1_000
# Google allows 60 such questions in a minute and project.
_EVERY_SECONDS = 5.0
_LAST = "DONE"


class CloudLog:
    """Follows the entries of one build by their time."""

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
        self._since, self._mark = "", ""
        self._seen: set[str] = set()
        self._next_at = 0.0

    def know(self, build: Mapping[str, Any]) -> None:
        """Take what begins the lines that are meant for Mobula."""
        self._mark = mark_of(build)

    def more(self) -> Sequence[str]:
        if self._clock() < self._next_at:
            return []
        self._next_at = self._clock() + self._every
        found: list[str] = []
        token, since = "", self._since  # a token is for the question that it came with
        for _ in range(_MOST_PAGES):
            answer = self._page(token, since=since)
            for entry in answer.get("entries", ()):
                if entry.get("insertId") not in self._seen:
                    self._seen.add(str(entry.get("insertId")))
                    self._since = max(self._since, str(entry.get("timestamp", "")))
                    found += str(entry.get("textPayload", "")).split("\n")
            token = str(answer.get("nextPageToken", ""))
            if not token:
                break
        return [line for text in found for line in self._lines(text)]

    def missing(self) -> str:
        if self._seen:
            return ""
        return (
            "The log is not in Cloud Logging: it was removed, is excluded there, or the service "
            "account of builds may not write it (role Logs Writer)."
        )

    def _lines(self, text: str) -> list[str]:
        line = _STEP.sub("", text, count=1)
        return [line, f"{self._mark} end"] if line.strip() == _LAST else [line]

    def _page(self, token: str, *, since: str) -> Mapping[str, Any]:
        wanted = [
            'resource.type="build"',
            f'resource.labels.build_id="{self._id}"',
            f'logName="projects/{self._project}/logs/cloudbuild"',
        ]
        if since:
            wanted.append(f'timestamp>="{since}"')
        body = {
            "resourceNames": [f"projects/{self._project}"],
            "filter": " AND ".join(wanted),
            "orderBy": "timestamp asc",
            "pageSize": _PAGE,
            **({"pageToken": token} if token else {}),
        }
        entries = self._calls.client("logging").entries()
        answer: Mapping[str, Any] = self._calls(
            lambda: entries.list(body=body), right="logging.logEntries.list"
        )
        return answer
