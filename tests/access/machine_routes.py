"""The addresses of agents and of nodes' machines; routes.py explains the fields."""

from __future__ import annotations

from tests.access.route import ANYBODY, Route, Scope

OPEN = Scope.OPEN

MACHINES: dict[str, Route] = {
    # Its token stands in a header: who has none is nobody, whoever is signed in.
    "agent/v1/packages/<str:digest>": Route(
        OPEN, ("0" * 64,), get=ANYBODY, shown=401, anonymous=401
    ),
    "agent/v1/sync": Route(OPEN, post=ANYBODY, done=401, anonymous=401),
    "agent/v1/nodes/join": Route(OPEN, post=ANYBODY, done=401, anonymous=401),
    "agent/v1/nodes/report": Route(OPEN, post=ANYBODY, done=401, anonymous=401),
    "agent/v1/nodes/interruption": Route(OPEN, post=ANYBODY, done=401, anonymous=401),
    "agent/v1/nodes/registry": Route(OPEN, get=ANYBODY, shown=401, anonymous=401),
    "agent/v1/nodes/agent": Route(OPEN, get=ANYBODY, shown=401, anonymous=401),
}
