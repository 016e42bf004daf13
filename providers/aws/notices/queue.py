"""The queue in SQS that EC2's events come to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from providers.aws.calls import Calls
from providers.aws.codes import NOT_ALLOWED
from providers.aws.errors import code_of, quote_of
from providers.aws.notices import messages
from providers.base import BadCredentials, InvalidRequest
from providers.notices import Message, Notice

MOST = 10  # messages in an answer
WAIT_SECONDS = 1  # a worker waits with it; queues on all of SQS's servers are looked at
# Who received a message has so long to settle it; then it comes again.
HIDDEN_SECONDS = 60
_GONE = "ReceiptHandleIsInvalid"


@dataclass(frozen=True, slots=True)
class NoticeQueue:
    """Reads the queue; `names_of` tells which of some instances are nodes of this installation."""

    url: str
    sqs: Calls
    names_of: Callable[[Collection[str]], Mapping[str, str]]

    def receive(self) -> Sequence[Message]:
        """Return up to ten messages, each with its notice if it is about a node of ours."""
        with _needing("sqs:ReceiveMessage"):
            answer = self.sqs(
                "receive_message",
                QueueUrl=self.url,
                MaxNumberOfMessages=MOST,
                WaitTimeSeconds=WAIT_SECONDS,
                VisibilityTimeout=HIDDEN_SECONDS,
            )
        events, problems = {}, {}
        receipts = [row["ReceiptHandle"] for row in answer.get("Messages", ())]
        for row in answer.get("Messages", ()):
            try:
                events[row["ReceiptHandle"]] = messages.read(row.get("Body", ""))
            except ValueError as error:
                problems[row["ReceiptHandle"]] = str(error)
        names = self.names_of({event.instance for event in events.values() if event})
        return [
            Message(
                receipt=receipt,
                notice=_notice(events.get(receipt), names),
                problem=problems.get(receipt, ""),
            )
            for receipt in receipts
        ]

    def settle(self, receipts: Sequence[str]) -> None:
        """Remove messages; each by itself, so that one keeps no other."""
        for receipt in receipts:
            with suppress(_Gone):
                self._delete(receipt)

    def _delete(self, receipt: str) -> None:
        try:
            with _needing("sqs:DeleteMessage"):
                self.sqs("delete_message", QueueUrl=self.url, ReceiptHandle=receipt)
        except InvalidRequest as error:
            if code_of(error) == _GONE:
                raise _Gone from error
            raise


class _Gone(Exception):
    """The message has been removed, or has come again under another receipt."""


@contextmanager
def _needing(right: str) -> Iterator[None]:
    """Say which right is missing where AWS does not allow a call."""
    try:
        yield
    except BadCredentials as error:
        if (code := code_of(error)) not in NOT_ALLOWED:
            raise
        raise BadCredentials(
            f"Amazon SQS answered {code}{quote_of(error)}. Add {right} on the queue to the IAM "
            "policy of the cloud's credentials."
        ) from error.__cause__


def _notice(event: messages.Event | None, names: Mapping[str, str]) -> Notice | None:
    if event is None or event.instance not in names:
        return None
    return Notice(kind=event.kind, node=names[event.instance], at=event.at)
