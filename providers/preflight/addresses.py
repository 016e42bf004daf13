"""Whether machines of a cloud can reach Mobula at its address, as far as the address tells."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from providers.preflight.answers import Finding, failed, passed, skipped, warned

_SET = "Set MOBULA_URL to an https:// address that the cloud's machines reach."
type Resolve = Callable[[str], Sequence[str]]
"""Returns the addresses of a host name; raises OSError where it has none."""


def resolve(host: str) -> Sequence[str]:
    """Return the IP addresses of a host as this machine knows them; raises OSError."""
    rows = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    return sorted({str(row[4][0]) for row in rows})


def check_address(
    mobula_url: str, *, may_be_here: bool = False, resolve: Resolve = resolve
) -> Finding:
    """Judge Mobula's address from the view of a machine in the cloud; nobody is called.

    With `may_be_here`, the cloud's machines may be this host.
    """
    try:
        parts = urlsplit(mobula_url)
        host = parts.hostname or ""
    except ValueError:  # brackets that are not those of an IPv6 address
        parts, host = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not host:
        return failed(
            f"MOBULA_URL is '{mobula_url}', which is not a URL.", way_out=_SET, certain=True
        )
    try:
        found = [ipaddress.ip_address(one.partition("%")[0]) for one in resolve(host)]
    except (OSError, ValueError) as error:
        return skipped(
            f"Unknown: Mobula's host cannot resolve {host} ({error}). Machines of the cloud may.",
            way_out=_SET,
        )
    raw = {"url": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", "addresses": found}
    if may_be_here:
        return passed(f"The cloud has an endpoint of its own: {host} may be near it.", raw=raw)
    if any(one.is_loopback or one.is_unspecified or one.is_link_local for one in found):
        return failed(
            f"{host} is the machine that asks ({found[0]}): nodes cannot reach Mobula there.",
            way_out=_SET, raw=raw, certain=True,
        )  # fmt: skip
    if any(not one.is_global for one in found):  # carriers' addresses are not private, by name
        return warned(
            f"{host} has a private address ({found[0]}). Nodes reach Mobula only if their network "
            "is connected to Mobula's.",
            way_out="Connect the networks, by VPN or peering, or use a public address.", raw=raw,
        )  # fmt: skip
    if parts.scheme == "http":
        return warned(
            f"Nodes would send their tokens to {host} unencrypted.", way_out=_SET, raw=raw
        )
    return passed(f"{host} is a public address, with HTTPS. It was not called.", raw=raw)
