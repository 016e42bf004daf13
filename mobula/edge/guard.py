"""The ASGI application in front of Django: what it lets through is small, in turn and complete."""

from __future__ import annotations

from collections.abc import Hashable

from accounts.services.known_browsers import COOKIE, browser_of
from mobula.edge.asgi import Application, Receive, Scope, Send, address, header
from mobula.edge.body import Body, Incoming, refuse, replayed
from mobula.edge.limits import (
    AGENT_BYTES,
    AGENT_BYTES_EACH,
    ANSWER_BYTES,
    HEAD_BYTES,
    NODE_PATHS,
    USER_BYTES,
    USER_BYTES_EACH,
    VISITOR_BYTES,
    VISITOR_BYTES_EACH,
    Kind,
    Limit,
    limit_of,
)
from mobula.edge.outbox import Outboxes
from mobula.edge.refusal import Gone, Refusal
from mobula.edge.senders import Senders
from mobula.edge.sharing.budget import Budget
from mobula.edge.sharing.gates import NODES, Gate, Gates, TooSoon
from mobula.edge.sharing.memory import Memory
from mobula.edge.sharing.outage import Outage
from mobula.edge.streams import Streams
from mobula.edge.work import Work

# What Django's side of the guard tells it about a request, in the scope.
USER_KEY, WORK_KEY, AWAY_KEY = "mobula.user", "mobula.work_seconds", "mobula.database_away"
# Set by our server's connections: ends one whose client does not read.
ABORT_KEY = "mobula.abort"
_USER_SECONDS = 900.0


class Guard:
    """Bounds what requests take before Django sees them: bytes, time, memory, slots."""

    def __init__(self, application: Application, *, connections: int, cookie: str) -> None:
        self._application = application
        self._cookie = cookie
        self._work = Work(connections)
        self._users = Memory(seconds=_USER_SECONDS)
        self._outage = Outage()
        self._senders, self._gates = Senders(self._outage), Gates()
        self._node_gates = Gates(NODES)
        self._outboxes = Outboxes(ANSWER_BYTES)
        self._streams = Streams(application, self._work, self._outage)
        self.agent_bytes = Budget(AGENT_BYTES, each=AGENT_BYTES_EACH)
        self.user_bytes = Budget(USER_BYTES, each=USER_BYTES_EACH)
        self.visitor_bytes = Budget(VISITOR_BYTES, each=VISITOR_BYTES_EACH)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})  # before accepting: 403
        else:
            await self._guarded(scope, Incoming(receive), send)

    async def _guarded(self, scope: Scope, receive: Incoming, send: Send) -> None:
        session = self._session(scope)
        limit = limit_of(scope["method"], scope["path"], session=bool(session))
        try:
            _check_head(scope)
            if limit.kind is Kind.AGENT:
                await self._agent(scope, receive, send, limit)
            else:
                await self._person(scope, receive, send, limit, session)
        except Refusal as refusal:
            await refuse(refusal, scope, receive, send)
        except Gone:
            if abort := scope.get(ABORT_KEY):
                abort()

    async def _agent(self, scope: Scope, receive: Receive, send: Send, limit: Limit) -> None:
        cluster = await self._senders.cluster(scope)
        is_node = scope["path"].startswith(NODE_PATHS)
        gates = self._node_gates if is_node else self._gates
        gate = gates.of(cluster)
        _enter(gate)
        try:
            # The nodes of a cluster wait for each other, and never its agent for them.
            key = f"nodes of {cluster}" if is_node else cluster
            body = Body(limit, budget=self.agent_bytes, holder=key)
            status = await self._through(scope, receive, send, body, limit.kind, key)
            if status == 401:
                self._senders.forget(scope)
        finally:
            gate.leave(work_seconds=scope.get(WORK_KEY, 0.0))

    async def _person(
        self, scope: Scope, receive: Receive, send: Send, limit: Limit, session: str
    ) -> None:
        user = self._users.owner(session) if session else None
        # Who has signed in before in this browser does not wait behind strangers to do so again.
        known = user or _browser(scope)
        key: Hashable = known or (address(scope), bool(session))
        budget = self.user_bytes if user else self.visitor_bytes
        body = Body(limit, budget=budget, holder=user or address(scope))
        if limit.kind is Kind.STREAM:
            await body.read(scope, receive)
            await self._streams.follow(scope, receive, send, key=key, visitor=not known)
            return
        await self._through(scope, receive, send, body, limit.kind, key, visitor=not known)
        if not session or limit.kind is not Kind.PAGE:
            return
        if seen := scope.get(USER_KEY):
            self._users.learn(session, seen)
        else:
            self._users.forget(session)

    async def _through(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        body: Body,
        kind: Kind,
        key: Hashable,
        *,
        visitor: bool = False,
    ) -> int:
        """Read the body, let Django work, deliver its answer; return the answer's status."""
        outbox = self._outboxes.open(address(scope))
        try:
            await body.read(scope, receive)
            async with self._work.slot(kind, key, visitor=visitor, receive=receive):
                if kind is not Kind.ASSET:
                    self._outage.check()
                await self._application(scope, replayed(body.hand_over()), outbox.put)
            if kind is not Kind.ASSET:
                self._outage.note(away=bool(scope.get(AWAY_KEY)))
            body.close()
            status = outbox.status
            await outbox.deliver(send)
        finally:
            body.close()
            self._outboxes.close(outbox)
        return status

    def _session(self, scope: Scope) -> str:
        return _cookie(scope, self._cookie)


def _browser(scope: Scope) -> str:
    """Return whose browser it is, as its signed cookie says; "" for a stranger's."""
    known = browser_of(_cookie(scope, COOKIE))
    return f"browser of {known.user_id}" if known else ""


def _cookie(scope: Scope, wanted: str) -> str:
    for word in header(scope, b"cookie").split(";"):
        name, _, value = word.strip().partition("=")
        if name == wanted:
            return value
    return ""


def _check_head(scope: Scope) -> None:
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    if headers + len(scope.get("raw_path", b"")) + len(scope["query_string"]) > HEAD_BYTES:
        raise Refusal(431, f"Address and headers are longer than {HEAD_BYTES:,} bytes.")


def _enter(gate: Gate) -> None:
    try:
        gate.enter()
    except TooSoon as error:
        text = "This cluster reports too often."
        raise Refusal(429, text, retry_after=error.seconds) from None


async def _live(receive: Receive, send: Send) -> None:
    for _ in ("startup", "shutdown"):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
