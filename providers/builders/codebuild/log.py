"""The log of one build, from CloudWatch Logs: read on by its token, each event once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.aws.calls import Calls
from providers.aws.errors import code_of
from providers.errors import ProviderError

_MOST_PAGES = 20  # at once: a MiB each


class CloudWatchLog:
    """Follows a stream whose name the build itself tells, once it has one."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._group = self._stream = self._token = ""
        self._is_off = self._has_come = False

    def know(self, build: Mapping[str, Any]) -> None:
        """Take the names of group and stream from an answer of BatchGetBuilds."""
        logs = build.get("logs", {})
        self._group = str(logs.get("groupName") or self._group)
        self._stream = str(logs.get("streamName") or self._stream)
        self._is_off = logs.get("cloudWatchLogs", {}).get("status") == "DISABLED"

    def more(self) -> Sequence[str]:
        if not self._group or not self._stream:
            return []
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            try:
                answer = self._page()
            except ProviderError as error:
                if code_of(error) == "ResourceNotFoundException":  # not yet, or no longer
                    break
                if found:  # what has come is not asked for again
                    break
                raise
            token = str(answer.get("nextForwardToken", ""))
            if token == self._token:  # the same again: there is no more yet
                break
            self._token = token
            found += [str(one.get("message", "")) for one in answer.get("events", ())]
        self._has_come |= bool(found)
        return [line for event in found for line in event.rstrip("\n").split("\n")]

    def missing(self) -> str:
        if self._has_come:
            return ""
        if self._is_off:
            return (
                "The project writes no log to CloudWatch Logs. Turn CloudWatch logs on in the "
                "project to see one here."
            )
        return (
            "The log is not in CloudWatch Logs: it was removed, or the project's service role may "
            "not write there (logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents)."
        )

    def _page(self) -> Mapping[str, Any]:
        more = {"nextToken": self._token} if self._token else {}
        answer: Mapping[str, Any] = self._calls(
            "get_log_events",
            logGroupName=self._group,
            logStreamName=self._stream,
            startFromHead=True,
            **more,
        )
        return answer
