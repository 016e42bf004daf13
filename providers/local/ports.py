"""Addresses and ports of local nodes."""

import hashlib
import secrets
import socket
import sys
from collections.abc import Sequence

# Below the range from which the system gives out ports: nobody gets one of these by chance.
FIRST_PORT, LAST_PORT = 20000, 31999


def node_address(name: str) -> str:
    """Return the node's own loopback address, the same for the same name.

    Ray's metrics carry no node name, so two nodes with one address could not be told apart.
    macOS has only 127.0.0.1 unless its administrator adds aliases.
    """
    if sys.platform == "darwin":
        return "127.0.0.1"
    digest = hashlib.sha256(name.encode()).digest()
    return f"127.{1 + digest[0] % 254}.{digest[1]}.{1 + digest[2] % 254}"


def free_ports(count: int) -> Sequence[int]:
    """Return `count` ports on which nobody listens now, on any address of this machine."""
    span = LAST_PORT - FIRST_PORT + 1
    ports: list[int] = []
    while len(ports) < count:
        port = FIRST_PORT + secrets.randbelow(span)
        if port not in ports and _is_free(port):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Without this a port of a head that ended a minute ago would still count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
