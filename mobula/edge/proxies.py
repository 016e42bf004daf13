"""Who is really asking, behind reverse proxies: their headers count, nobody else's.

X-Forwarded-For and X-Forwarded-Proto are written by whoever sends the request. They are read only
when the peer is a proxy of MOBULA_TRUSTED_PROXIES, and taken away otherwise; what comes after sees
the address and the scheme in the scope and no header. Each proxy appends the address it saw, so
the right-most address that is no trusted proxy is the client.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from mobula.edge.asgi import Application, Receive, Scope, Send

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_FORWARDED = {b"forwarded", b"x-forwarded-for", b"x-forwarded-proto"}
# Longer chains of proxies do not exist.
MOST_PROXIES = 16


def behind_proxies(application: Application, *, trusted: Sequence[Network]) -> Application:
    """Return the application with the client's address and scheme as `trusted` proxies tell."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            scope = _as_sent(scope, trusted)
        await application(scope, receive, send)

    return answer


def _as_sent(scope: Scope, trusted: Sequence[Network]) -> Scope:
    client = scope.get("client") or ("", 0)
    peer = _address(client[0])
    forwarded = [(name, value) for name, value in scope["headers"] if name in _FORWARDED]
    changed: dict[str, Any] = {
        "headers": [header for header in scope["headers"] if header[0] not in _FORWARDED]
    }
    if peer is not None and _is_in(peer, trusted):
        sender = _sender(peer, _values(forwarded, b"x-forwarded-for"), trusted)
        changed["client"] = (str(sender), 0 if sender != peer else client[1])
        schemes = _values(forwarded, b"x-forwarded-proto")
        if schemes and schemes[-1] in {"http", "https"}:
            changed["scheme"] = schemes[-1]
    return {**scope, **changed}


def _sender(peer: Address, hops: Sequence[str], trusted: Sequence[Network]) -> Address:
    """Return the right-most address that is no trusted proxy; the last known one if none is."""
    sender = peer
    for hop in reversed(hops[-MOST_PROXIES:]):
        address = _address(hop)
        if address is None:
            return sender
        sender = address
        if not _is_in(address, trusted):
            return sender
    return sender


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """Return the comma-separated values of a header that may occur several times."""
    texts = [value.decode("latin-1") for key, value in headers if key == name]
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]


def _address(text: str) -> Address | None:
    """Return the address in "192.0.2.7", "192.0.2.7:443", "2001:db8::7" or "[2001:db8::7]:443"."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
