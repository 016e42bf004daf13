"""Slots for work, given out in turns: who asks for much waits behind who asks for little."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Hashable


class LaneFull(Exception):
    """So many wait already that one more would wait in vain."""


class Lane:
    """So many slots for the work of one kind; those who wait take turns by their key."""

    def __init__(
        self, slots: int, *, each: int | None = None, waiting: int, waiting_each: int
    ) -> None:
        self._free = slots
        self._each = each or slots
        self._waiting, self._waiting_each = waiting, waiting_each
        self._working: Counter[Hashable] = Counter()
        self._queues: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def queued(self) -> int:
        """How many wait now."""
        return sum(map(len, self._queues.values()))

    def enter_at_once(self, key: Hashable) -> bool:
        """Return whether there was a slot, which is now taken."""
        if key in self._queues or not self._has_room(key):
            return False
        self._begin(key)
        return True

    async def enter(self, key: Hashable) -> None:
        """Wait for a slot; raises LaneFull when too many wait, in all or of this key."""
        if self.enter_at_once(key):
            return
        queue = self._queues.get(key, ())
        if len(queue) >= self._waiting_each or self.queued >= self._waiting:
            raise LaneFull
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(key, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            self._forget(key, turn)
            raise

    def leave(self, key: Hashable) -> None:
        """Give the slot back; the next in turn gets it."""
        self._free += 1
        self._working[key] -= 1
        if not self._working[key]:
            del self._working[key]
        self._admit()

    def _forget(self, key: Hashable, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():  # its turn came in the same moment
            self.leave(key)
            return
        queue = self._queues[key]
        queue.remove(turn)
        if not queue:
            del self._queues[key]

    def _has_room(self, key: Hashable) -> bool:
        return self._free > 0 and self._working[key] < self._each

    def _begin(self, key: Hashable) -> None:
        self._free -= 1
        self._working[key] += 1

    def _admit(self) -> None:
        for key in list(self._queues):
            if self._free <= 0:
                return
            if self._has_room(key):
                self._admit_first(key)

    def _admit_first(self, key: Hashable) -> None:
        queue = self._queues[key]
        turn = queue.popleft()
        if queue:
            self._queues.move_to_end(key)
        else:
            del self._queues[key]
        self._begin(key)
        turn.set_result(None)
