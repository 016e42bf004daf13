"""Whether a browser may pass, asked of the database and remembered for a few seconds."""

from __future__ import annotations

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
_INSECURE, _SECURE = "mobula-workspace", "__Secure-mobula-workspace"


class Admission:
    """Lets browsers in by their cookies; one for each process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[tuple[UUID, Guest], tuple[float, Upstream | Closed | None]]
        self._known = OrderedDict()
        self._open: Counter[UUID] = Counter()

    def asked(self, headers: Headers, path: str) -> tuple[UUID, str]:
        """Return the workspace and the path in it; raises Turned (404) for any other address."""
        found = addresses.asked_for(rules.host_of(headers), path)
        if found is None:
            raise Turned(404, pages.GONE)
        return found

    async def upstream(self, headers: Headers, *, workspace_id: UUID) -> Upstream:
        """Return where requests of this browser go; raises Turned (404, 503)."""
        guest = access.read_cookie(
            rules.cookie_of(headers, cookie_name()), workspace_id=workspace_id
        )
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
        guest = await _asked(lambda: access.redeem(ticket, workspace_id=workspace_id))
        if guest is None or await self._found(workspace_id, guest) is None:
            raise Turned(404, pages.GONE, workspace_id=workspace_id)
        value = access.make_cookie(guest, workspace_id=workspace_id)
        path = f"/workspaces/{workspace_id}/"
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
        """Hold a place among the open requests of the workspace; raises Turned (429)."""
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
        found = await _asked(lambda: access.upstream_of(workspace_id, guest))
        self._known[key] = (self._clock() + KNOWN_SECONDS, found)
        self._known.move_to_end(key)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return found


def cookie_name() -> str:
    """Return the name of the cookie, which browsers take over HTTPS alone where there is some."""
    return _SECURE if addresses.is_secure() else _INSECURE


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
