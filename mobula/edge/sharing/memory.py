"""What is known about senders for a while, so that the database need not be asked again.

It only says in whose turn a request is served. Whether it may is asked of the database each time.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from time import monotonic

MOST_ENTRIES = 10_000


class Memory:
    """Who is behind a secret, by its hash: the user of a session, the cluster of a token."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._entries: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    def owner(self, secret: str) -> str | None:
        """Return whose secret it is; None when that is not known."""
        until, owner = self._entries.get(_key(secret), (0.0, ""))
        return owner if until > monotonic() else None

    def learn(self, secret: str, owner: str) -> None:
        """Keep whose secret it is."""
        self._entries[_key(secret)] = monotonic() + self._seconds, owner
        self._entries.move_to_end(_key(secret))
        if len(self._entries) > MOST_ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, secret: str) -> None:
        """Know no longer whose secret it is."""
        self._entries.pop(_key(secret), None)


def _key(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
