"""Closed by default: which addresses answer somebody who is not signed in."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

OPEN = {"/accounts/sign-in/", "/accounts/sign-out/", "/accounts/link/x/", "/healthz/"}
# Head agents bring a token of their own.
OPEN_TO_AGENTS = {"/agent/v1/sync"}
# An example for each kind of part in an address; a new kind needs one here.
SAMPLES = {"int": "1", "uuid": str(UUID(int=1)), "table": "nodes", "slug": "x"}


def paths(resolver: URLResolver, *, below: str = "/") -> Iterator[str]:
    """Yield an example of every address of the installation."""
    for entry in resolver.url_patterns:
        route = re.sub(
            r"<(?:(\w+):)?\w+>",
            lambda match: SAMPLES.get(match[1] or "", "x"),
            str(entry.pattern),
        )
        if isinstance(entry, URLPattern):
            yield below + route
        else:
            yield from paths(entry, below=below + route)


@pytest.mark.django_db
def test_every_address_but_the_named_ones_asks_to_sign_in() -> None:
    client = Client(raise_request_exception=False)
    sign_in = reverse("accounts:sign-in")
    all_paths = set(paths(get_resolver()))
    answering = {
        path
        for path in all_paths
        if not client.get(path).headers.get("Location", "").startswith(sign_in)
    }
    assert answering == OPEN | OPEN_TO_AGENTS
