"""What a provider itself keeps of a node's start: it can be read though Ray never came up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from providers.base import ClusterRef

START_LOG = "start.log"  # what starting the node printed
TAIL_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTail:
    """The end of one log file of a node."""

    name: str
    text: str
    offset: int = 0  # of the text, in bytes of UTF-8 from the file's beginning
    modified_at: datetime | None = None


@runtime_checkable
class NodeLogs(Protocol):
    """A driver that can also say what its nodes printed before Ray answered."""

    def log_tails(self, cluster: ClusterRef, name: str) -> Sequence[LogTail]:
        """Return at most 64 KiB of each file of the node; nothing for one that left none.

        Raises only `ProviderError` and its subclasses.
        """
        ...
