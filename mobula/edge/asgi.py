"""The words of ASGI, for annotations."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def header(scope: Scope, name: bytes) -> str:
    """Return the header's value, the values of several joined, "" for none."""
    values = [value for key, value in scope["headers"] if key == name]
    return b", ".join(values).decode("latin-1")


def address(scope: Scope) -> str:
    """Return the client's address, "" where the server does not know it."""
    client = scope.get("client")
    return str(client[0]) if client else ""
