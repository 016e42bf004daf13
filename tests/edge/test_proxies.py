"""Whose word counts about the client's address and scheme."""

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from mobula import env
from mobula.edge.proxies import MOST_PROXIES, behind_proxies

PROXY = ("10.0.0.5", 41000)
TRUSTED = [ip_network("10.0.0.0/24"), ip_network("2001:db8:f::/48")]


def seen(
    *headers: tuple[str, str], peer: tuple[str, int] | None = PROXY, trusted: Any = TRUSTED
) -> dict[str, Any]:
    """Return the scope that the application gets."""
    scopes: list[dict[str, Any]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    scope = {
        "type": "http",
        "scheme": "http",
        "client": peer,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    asyncio.run(behind_proxies(application, trusted=trusted)(scope, None, None))  # type: ignore[arg-type]
    return scopes[0]


def client_of(*forwarded: str, **options: Any) -> str:
    client: str = seen(*(("x-forwarded-for", value) for value in forwarded), **options)["client"][0]
    return client


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (["192.0.2.7"], "192.0.2.7"),
        (["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
        (["203.0.113.9", "192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7, 10.0.0.6"], "192.0.2.7"),
        (["192.0.2.7:5123"], "192.0.2.7"),
        (["[2001:db8::7]:443, 2001:db8:f::1"], "2001:db8::7"),
        (["::ffff:192.0.2.7"], "192.0.2.7"),
        (["10.0.0.9, 10.0.0.6"], "10.0.0.9"),
        (["192.0.2.7, garbage, 10.0.0.6"], "10.0.0.6"),
        (["9" * 300], "10.0.0.5"),
        (["\xff, , ,"], "10.0.0.5"),
        ([""], "10.0.0.5"),
        (["192.0.2.7," + "10.0.0.6," * MOST_PROXIES], "10.0.0.6"),
        ([], "10.0.0.5"),
    ],
)
def test_the_right_most_address_that_is_no_proxy_is_the_client(
    forwarded: list[str], client: str
) -> None:
    assert client_of(*forwarded) == client


@pytest.mark.parametrize("peer", [("127.0.0.1", 5), ("192.0.2.1", 5), ("", 0), None])
def test_nobody_else_is_believed(peer: tuple[str, int] | None) -> None:
    scope = seen(("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https"), peer=peer)
    assert (scope["client"], scope["scheme"], scope["headers"]) == (peer, "http", [])


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert client_of("192.0.2.7", peer=("127.0.0.1", 5), trusted=[]) == "127.0.0.1"


@pytest.mark.parametrize(
    ("value", "scheme"),
    [("https", "https"), ("http", "http"), ("http, https", "https"), ("gopher", "http")],
)
def test_a_trusted_proxy_tells_the_scheme(value: str, scheme: str) -> None:
    assert seen(("x-forwarded-proto", value))["scheme"] == scheme


def test_other_headers_stay() -> None:
    scope = seen(("host", "mobula.example.org"), ("forwarded", "for=192.0.2.7"))
    assert scope["headers"] == [(b"host", b"mobula.example.org")]


def test_a_setting_that_is_no_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBULA_TRUSTED_PROXIES", "10.0.0.0/24, 10.1.1.1")
    assert [str(network) for network in env.networks("MOBULA_TRUSTED_PROXIES")] == [
        "10.0.0.0/24",
        "10.1.1.1/32",
    ]
    monkeypatch.setenv("MOBULA_TRUSTED_PROXIES", "everybody")
    with pytest.raises(ImproperlyConfigured, match="MOBULA_TRUSTED_PROXIES: 'everybody'"):
        env.networks("MOBULA_TRUSTED_PROXIES")
