"""The logs of builds as they grow: one reader in a process, however many watch.

A stream is of server-sent events. `lines` has lines with their numbers, and as its id the byte
after them, from which a viewer goes on after a break. `state` says that something else than the
log has changed. `over` ends it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connection, connections
from django.db.models import F, Func, IntegerField

from domain.images.states import OPEN_BUILD_STATES
from images.building.live.reading import lines_from
from images.models import Build

LOOK_SECONDS = 0.25
QUIET_SECONDS = 15.0  # after which a viewer hears that the stream goes on
LONGEST_SECONDS = 300.0  # viewers come back after it, and their rights are checked again
_MOST_FAILURES = 8
_RETRY_MS = 1_000
_MOST_KEPT = 32

log = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(2, thread_name_prefix="build-logs")


@dataclass(frozen=True, slots=True)
class Seen:
    """A build at one moment: the bytes of its log, and what tells its other states apart."""

    end: int
    mark: str
    is_over: bool


class Feed:
    """One build that is watched; `seen` is None before the first look, and once it is gone."""

    def __init__(self, build_id: int) -> None:
        self.build_id = build_id
        self.viewers = 0
        self.seen: Seen | None = None
        self.is_gone = False
        self._changed = asyncio.Event()
        self._reads: dict[tuple[int, int], asyncio.Future[tuple[bytes, int]]] = {}

    def show(self, seen: Seen | None) -> None:
        """Take what the reader saw, None where the build is gone, and wake the viewers."""
        if seen == self.seen and seen is not None:
            return
        self.seen, self.is_gone = seen, seen is None
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self, seconds: float) -> bool:
        """Return whether something changed within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def read(self, offset: int, end: int) -> tuple[bytes, int]:
        """Return the event with the lines from a byte on, and the byte after them.

        Viewers who are equally far share one read.
        """
        key = (offset, end)
        if key not in self._reads:
            while len(self._reads) >= _MOST_KEPT:
                self._reads.pop(next(iter(self._reads)))
            self._reads[key] = asyncio.ensure_future(_in_thread(_event, self.build_id, offset))
        return await asyncio.shield(self._reads[key])


class Reader:
    """Looks at the builds that are watched in this process, all with one query."""

    def __init__(self) -> None:
        self._feeds: dict[int, Feed] = {}
        self._task: asyncio.Task[None] | None = None

    def enter(self, build_id: int) -> Feed:
        """Return the feed of a build, for one more viewer."""
        feed = self._feeds.setdefault(build_id, Feed(build_id))
        feed.viewers += 1
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._look_on())
        return feed

    def leave(self, feed: Feed) -> None:
        """Let one viewer go; the last one ends the reading."""
        feed.viewers -= 1
        if not feed.viewers:
            self._feeds.pop(feed.build_id, None)

    async def _look_on(self) -> None:
        failures = 0
        while self._feeds:
            asked = dict(self._feeds)
            try:
                seen = await _in_thread(_look, list(asked))
                failures = 0
            except (DatabaseError, InterfaceError) as error:
                failures += 1
                log.warning("logs of builds not read", extra={"why": str(error)[:200]})
                if failures < _MOST_FAILURES:
                    await asyncio.sleep(LOOK_SECONDS * failures)
                    continue
                seen = {}  # viewers come back, and then ask the pages
            for feed in asked.values():
                feed.show(seen.get(feed.build_id))
            await asyncio.sleep(LOOK_SECONDS)


# One for each event loop: a process has one, the tests have many.
_readers: dict[asyncio.AbstractEventLoop, Reader] = {}


def reader_here() -> Reader:
    """Return the reader of this process."""
    loop = asyncio.get_running_loop()
    for other in [one for one in _readers if one.is_closed()]:
        del _readers[other]
    return _readers.setdefault(loop, Reader())


async def events(build_id: int, offset: int) -> AsyncIterator[bytes]:
    """Yield the events of a build's log from a byte on, until it is over or five minutes long."""
    # The view is done: what it held of the database is for others.
    await sync_to_async(connections.close_all)()
    ends_at = time.monotonic() + LONGEST_SECONDS
    reader = reader_here()
    feed = reader.enter(build_id)
    mark = ""  # the page was made before: the first look is news
    try:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        while not feed.is_gone and time.monotonic() < ends_at:
            seen = feed.seen
            if seen and offset < seen.end:
                event, offset = await feed.read(offset, seen.end)
                yield event
            elif seen and mark != seen.mark:
                mark = seen.mark
                yield b"event: state\ndata: {}\n\n"
            elif seen and seen.is_over:
                yield b"event: over\ndata: {}\n\n"
                return
            elif not await feed.changed(QUIET_SECONDS):
                yield b": still there\n\n"
    finally:
        reader.leave(feed)


def _look(ids: Iterable[int]) -> dict[int, Seen]:
    try:
        steps = Func(F("steps"), function="jsonb_array_length", output_field=IntegerField())
        rows = Build.objects.filter(pk__in=ids).values_list(
            "pk", "log_bytes", "state", "cancel_asked_at", steps
        )
        return {
            pk: Seen(end, f"{state} {canceled} {count}", state not in OPEN_BUILD_STATES)
            for pk, end, state, canceled, count in rows
        }
    finally:
        connection.close()


def _event(build_id: int, offset: int) -> tuple[bytes, int]:
    try:
        lines, end = lines_from(build_id, offset)
    finally:
        connection.close()
    data = json.dumps({"lines": lines})
    return f"id: {end}\nevent: lines\ndata: {data}\n\n".encode(), end


async def _in_thread[**P, R](call: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, partial(call, *args, **options))
