"""Which cluster a report comes from, before anything of its body is read."""

from __future__ import annotations

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import Error, connection

from clusters.agent.boot.keys import cluster_of
from clusters.agent.credentials import CLUSTER_HEADER, Credentials, credentials, sender
from mobula.edge.asgi import Scope, address, header
from mobula.edge.refusal import Refusal
from mobula.edge.sharing import outage
from mobula.edge.sharing.lanes import Lane, LaneFull
from mobula.edge.sharing.memory import Memory

KNOWN_SECONDS = 60.0
_UNKNOWN = "Unknown cluster or wrong token."


class Senders:
    """Recognizes agents by their headers."""

    def __init__(self, watch: outage.Outage) -> None:
        self._outage = watch
        self._known = Memory(seconds=KNOWN_SECONDS)
        # One search at a time: made-up tokens must not take the database from anybody.
        self._searches = Lane(1, waiting=64, waiting_each=16)

    async def cluster(self, scope: Scope) -> str:
        """Return the id of the cluster whose agent this is; raises Refusal (401, 503)."""
        given = credentials(
            {
                "Authorization": header(scope, b"authorization"),
                CLUSTER_HEADER: header(scope, CLUSTER_HEADER.lower().encode()),
            }
        )
        if given is None:
            raise Refusal(401, _UNKNOWN)
        known = self._known.owner(given.token)
        if known is None:
            known = await self._searched(given, address(scope))
            self._known.learn(given.token, known)
        if given.cluster and given.cluster != known:
            raise Refusal(401, _UNKNOWN)
        return known

    def forget(self, scope: Scope) -> None:
        """Search for the token again next time: Django did not accept it."""
        self._known.forget(header(scope, b"authorization").partition(" ")[2])

    async def _searched(self, given: Credentials, client: str) -> str:
        try:
            await self._searches.enter(client)
        except LaneFull:
            raise Refusal(503, "Too many unknown tokens. Try again later.", retry_after=2) from None
        try:
            self._outage.check()
            async with ThreadSensitiveContext():
                found = await sync_to_async(_search)(given)
            self._outage.note(away=False)
        except Error:
            self._outage.note(away=True)
            raise outage.refusal() from None
        finally:
            self._searches.leave(client)
        if found is None:
            raise Refusal(401, _UNKNOWN)
        return found


def _search(given: Credentials) -> str | None:
    try:
        who = sender(given)
        return str(who.cluster.pk) if who else cluster_of(given)
    finally:
        connection.close()
