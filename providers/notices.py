"""What a provider announces about machines before, or apart from, what its lists say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class NoticeKind(StrEnum):
    INTERRUPTION = "interruption"  # a spot machine is taken back
    REBALANCE = "rebalance"  # a spot machine is likelier to be taken back than others
    STATE = "state"  # a machine has changed its state


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One announcement about a machine of this installation."""

    kind: NoticeKind
    node: str  # the node that the machine is
    at: datetime  # of an interruption: when the machine is taken back; else when it was said


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was in the queue: a notice, or nothing that concerns this installation."""

    receipt: str  # what `settle_notices` takes
    notice: Notice | None = None
    problem: str = ""  # why it cannot be read


@runtime_checkable
class NoticeSource(Protocol):
    """A driver whose account may have a queue of notices.

    A message that is not settled comes again. Any message may come twice, and in any order.
    Every call raises only `ProviderError` and its subclasses.
    """

    @property
    def notice_queue(self) -> str:
        """The queue's address, which tells queues apart; "" for none."""
        ...

    def receive_notices(self) -> Sequence[Message]:
        """Return what is in the queue, some messages at a time; waits a second at most for one."""
        ...

    def settle_notices(self, receipts: Sequence[str]) -> None:
        """Remove messages from the queue. One that is gone is no error."""
        ...
