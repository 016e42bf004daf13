"""What the digests are of: every field of an entry, and each seal with the digest before it.

A field is written as its length in bytes, a colon and its UTF-8 text, or as "-" for null, so that
no two rows have the same serialization. PostgreSQL makes the texts: it prints jsonb and numeric in
one way only, and every digit counts. A new column of the audit trail needs a new version here;
seals of older versions stay as they are.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

VERSION = 1
GENESIS = bytes(32)
"""The digest before the first."""

# Each field of an entry as text, in the order of version 1.
FIELDS = {
    "id": "id::text",
    "at": "extract(epoch FROM at)::text",
    "actor": "actor_id::text",
    "actor_name": "actor_name",
    "team": "team_id::text",
    "action": "action",
    "subject_kind": "subject_kind",
    "subject_id": "subject_id",
    "subject_name": "subject_name",
    "before": '"before"::text',
    "after": '"after"::text',
    "reason": "reason",
    "request_id": "request_id",
    "address": "address",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

type Texts = Sequence[str | None]


class Link(NamedTuple):
    """A row of the chain: which entry has this position, and when it was sealed."""

    position: int
    entry_id: int
    entry_at: datetime
    sealed_at: datetime
    version: int
    content: bytes

    def digest(self, before: bytes) -> bytes:
        """Return the digest of this row after the one whose digest is `before`."""
        times = (_microseconds(self.entry_at), _microseconds(self.sealed_at))
        numbers = (self.version, self.position, self.entry_id, *times)
        content, previous = bytes(self.content).hex(), before.hex()
        return _digest(("mobula audit seal", *map(str, numbers), content, previous))


def content_of(texts: Texts) -> bytes:
    """Return the digest of an entry's fields, in the order of FIELDS."""
    return _digest(("mobula audit entry 1", *texts))


def _digest(texts: Iterable[str | None]) -> bytes:
    contents = [None if text is None else text.encode() for text in texts]
    return sha256(
        b"".join([b"-" if c is None else b"%d:%b" % (len(c), c) for c in contents])
    ).digest()


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
