"""No browser and no proxy keeps what a page shows, so no one reads it after the sign-out."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
VALUES = {
    "int": 1,
    "uuid": UUID(int=1),
    "string": "x",
    "slug": "x",
    "table": "nodes",
    "bulk": "stop",
}


def addresses(resolver: URLResolver, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield an address of every route; what its values name need not exist."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inside = (*above, pattern.namespace) if pattern.namespace else above
            yield from addresses(pattern, inside)
        elif isinstance(pattern, URLPattern) and pattern.name:
            kinds = pattern.pattern.converters
            values = {
                name: VALUES[re.sub("converter$", "", type(kind).__name__.lower())]
                for name, kind in kinds.items()
            }
            yield reverse(":".join((*above, pattern.name)), kwargs=values)


def test_no_route_lets_its_answer_be_stored(client: Client, adam: User) -> None:
    routes = list(addresses(get_resolver()))
    assert len(routes) > 50
    for signed_in in (False, True):
        if signed_in:
            client.force_login(adam)
        kept = {
            route: answer.headers.get("Cache-Control")
            for route in routes
            for answer in [client.get(route), client.post(route)]
            if "no-store" not in answer.headers.get("Cache-Control", "")
        }
        assert kept == {}


def test_the_browser_keeps_no_pages_in_its_storage() -> None:
    assert '"history": "reload"' in (ROOT / "templates" / "base.html").read_text()
