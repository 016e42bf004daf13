"""Whether a browser may pass, asked of the database and remembered for a few seconds."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import Error, connection

from clusters.workspaces import access, addresses
from clusters.workspaces.access import Closed, Guest, Upstream
from mobula.edge.workspaces import pages, rules
from mobula.edge.workspaces.pages import Turned
from mobula.edge.workspaces.rules import Headers

# A session that ended, or a workspace that was stopped, is passed for so long at most.
KNOWN_SECONDS = 5.0
MOST_KNOWN = 1_000
MOST_OPEN = 64  # requests and sockets of one workspace at the same time
MOST_OPEN_IN_ALL = 400  # of all workspaces; each takes two of the process's files
# Each question takes a connection to the database, of which a process has few.
MOST_QUESTIONS = 8
QUESTION_SECONDS = 10.0
_COOKIE = "mobula-workspace"


class Admission:
    """Lets browsers in by their cookies; one for each process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[tuple[UUID, Guest], tuple[float, Upstream | Closed | None]]
        self._known = OrderedDict()
        self._open: Counter[UUID] = Counter()
        self._asking: dict[tuple[UUID, Guest], asyncio.Future[Upstream | Closed | None]] = {}
        self._places = asyncio.Semaphore(MOST_QUESTIONS)

    def asked(self, headers: Headers, path: str) -> tuple[UUID, str]:
        """Return the workspace and the path in it; raises Turned (404) for any other address."""
        found = addresses.asked_for(rules.host_of(headers), path)
        if found is None:
            raise Turned(404, pages.GONE)
        return found

    async def upstream(self, headers: Headers, *, workspace_id: UUID) -> Upstream:
        """Return where requests of this browser go; raises Turned (404, 503)."""
        cookies = rules.cookies_of(headers, cookie_name())
        guests = (access.read_cookie(each, workspace_id=workspace_id) for each in cookies)
        guest = next((each for each in guests if each is not None), None)
        if guest is None:
            raise Turned(404, pages.GONE, workspace_id=workspace_id)
        found = await self._found(workspace_id, guest)
        if found is None:
            raise Turned(404, pages.GONE, workspace_id=workspace_id)
        if isinstance(found, Closed):
            raise Turned(503, found.reason, workspace_id=workspace_id)
        return found

    async def enter(self, ticket: str, *, workspace_id: UUID) -> bytes:
        """Return the cookie for a ticket, as the header has it; raises Turned (404, 503)."""
        guest = await self._ask(lambda: access.redeem(ticket, workspace_id=workspace_id))
        if guest is None or await self._found(workspace_id, guest) is None:
            raise Turned(404, pages.GONE, workspace_id=workspace_id)
        value = access.make_cookie(guest, workspace_id=workspace_id)
        path = "/" if addresses.has_own_hosts() else f"/workspaces/{workspace_id}/"
        words = [
            f"{cookie_name()}={value}",
            f"Path={path}",
            f"Max-Age={access.COOKIE_SECONDS}",
            "HttpOnly",
            "SameSite=Lax",
        ]
        return "; ".join([*words, "Secure"] if addresses.is_secure() else words).encode()

    @contextmanager
    def place(self, workspace_id: UUID) -> Iterator[None]:
        """Hold a place among the open requests of the workspace; raises Turned (429, 503)."""
        if self._open.total() >= MOST_OPEN_IN_ALL:
            raise Turned(503, pages.FULL, workspace_id=workspace_id)
        if self._open[workspace_id] >= MOST_OPEN:
            raise Turned(429, pages.BUSY, workspace_id=workspace_id)
        self._open[workspace_id] += 1
        try:
            yield
        finally:
            self._open[workspace_id] -= 1
            if not self._open[workspace_id]:
                del self._open[workspace_id]

    async def _found(self, workspace_id: UUID, guest: Guest) -> Upstream | Closed | None:
        key, now = (workspace_id, guest), self._clock()
        until, found = self._known.get(key, (0.0, None))
        if now < until:
            return found
        if (asking := self._asking.get(key)) is None:
            # A page of JupyterLab has dozens of requests at once: one of them asks.
            asking = self._asking[key] = asyncio.ensure_future(self._learned(key))
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(asking)

    async def _learned(self, key: tuple[UUID, Guest]) -> Upstream | Closed | None:
        found = await self._ask(lambda: access.upstream_of(*key))
        self._known[key] = (self._clock() + KNOWN_SECONDS, found)
        self._known.move_to_end(key)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return found

    async def _ask[T](self, question: Callable[[], T]) -> T:
        """Return the answer of the database, when few others ask; raises Turned (503)."""
        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            raise Turned(503, pages.DATABASE) from None
        try:
            return await _asked(question)
        finally:
            self._places.release()


def cookie_name() -> str:
    """Return the name of the cookie, which browsers take over HTTPS alone where there is some.

    On a host of the workspace's own, no other host can set a cookie of that name.
    """
    if not addresses.is_secure():
        return _COOKIE
    return f"{'__Host-' if addresses.has_own_hosts() else '__Secure-'}{_COOKIE}"


async def _asked[T](question: Callable[[], T]) -> T:
    """Return the answer of the database; raises Turned (503) while it is away."""

    def ask() -> T:
        try:
            return question()
        finally:
            connection.close()

    try:
        async with ThreadSensitiveContext():
            return await sync_to_async(ask)()
    except Error:
        raise Turned(503, pages.DATABASE) from None


ADMISSION = Admission()
