"""Time for the slow hash of a password: two at once in a process, and no database meanwhile.

A hash takes a processor for up to a second. Without a limit, forty sign-ins would slow every page
down and hold every connection of the pool.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from time import monotonic

from django.db import connection

from accounts.errors import TryLater

SLOTS = 2
# A browser that is not known has one of them at most: the other one is for people who have
# signed in before, however many strangers wait.
SLOTS_OF_STRANGERS = 1
WAIT_SECONDS = 15
MOST_WAITING = 32
MOST_WAITING_OF_ONE = 8
RETRY_SECONDS = 5


class Busy(TryLater):
    """Too many passwords are being checked; nothing is wrong with this one."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__(
            f"Too many sign-ins at the same time. Try again in {RETRY_SECONDS} seconds.",
            retry_seconds=RETRY_SECONDS,
        )


class HashSlots:
    """Who may hash a password now, and who waits for it."""

    def __init__(self) -> None:
        self._all = BoundedSemaphore(SLOTS)
        self._of_strangers = BoundedSemaphore(SLOTS_OF_STRANGERS)
        self._lock = Lock()
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def take(self, *, address: str, is_known: bool) -> Iterator[None]:
        """Hold a slot, without a database connection at the beginning. Raises `Busy`.

        `address` is who waits; people who are known queue apart from strangers.
        """
        release_connection()
        semaphores = [self._all] if is_known else [self._of_strangers, self._all]
        queue = "known" if is_known else address
        self._enter(queue)
        try:
            self._acquire(semaphores)
        finally:
            self._leave(queue)
        try:
            yield
        finally:
            for semaphore in semaphores:
                semaphore.release()

    def _enter(self, queue: str) -> None:
        with self._lock:
            known = self._waiting["known"]
            alike = known if queue == "known" else self._waiting.total() - known
            limit = MOST_WAITING if queue == "known" else MOST_WAITING_OF_ONE
            if alike >= MOST_WAITING or self._waiting[queue] >= limit:
                raise Busy
            self._waiting[queue] += 1

    def _leave(self, queue: str) -> None:
        with self._lock:
            self._waiting[queue] -= 1
            if not self._waiting[queue]:
                del self._waiting[queue]

    @staticmethod
    def _acquire(semaphores: list[BoundedSemaphore]) -> None:
        until = monotonic() + WAIT_SECONDS
        for index, semaphore in enumerate(semaphores):
            if not semaphore.acquire(timeout=max(0, until - monotonic())):
                for held in semaphores[:index]:
                    held.release()
                raise Busy


hash_slots = HashSlots()


def release_connection() -> None:
    """Give this thread's database connection back to the pool; the next query takes one again."""
    # Inside a transaction, which only tests have here, the connection is what holds it.
    if not connection.in_atomic_block:
        connection.close()
