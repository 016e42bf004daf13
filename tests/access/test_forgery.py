"""No POST without a token of ours: other sites cannot act for somebody who is signed in."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.access.routes import ROUTES
from tests.access.test_table import address
from tests.access.world import OWN, World, writes

pytestmark = pytest.mark.django_db
AGENT = "agent/v1/sync"
# What comes with a token in a header, and never with a cookie.
MACHINES = [AGENT, *(f"agent/v1/nodes/{name}" for name in ("join", "report", "interruption"))]


@pytest.mark.parametrize("pattern", [pattern for pattern in ROUTES if pattern not in MACHINES])
def test_post_without_a_token_is_refused(world: World, pattern: str) -> None:
    route, words = ROUTES[pattern], world.things[OWN]
    client = world.browser("site admin", enforce_csrf_checks=True)
    before = writes()
    answer = client.post(address(pattern, route, words), {})
    assert answer.status_code == 403
    assert "This page is out of date" in answer.text
    assert "<style" not in answer.text  # Django's own page has one, which our policy refuses
    assert writes() == before


@pytest.mark.parametrize("pattern", ["accounts/sign-in/", "accounts/link/<str:token>/"])
def test_nobody_is_signed_in_by_another_site(world: World, pattern: str) -> None:
    route = ROUTES[pattern]
    client = Client(enforce_csrf_checks=True)
    assert client.post(address(pattern, route, {}), {"email": "x"}).status_code == 403


@pytest.mark.parametrize("pattern", MACHINES)
def test_agents_bring_a_token_of_their_own(world: World, pattern: str) -> None:
    client = world.browser("site admin", enforce_csrf_checks=True)
    report = {"cluster": world.things[OWN]["cluster"], "run": 1}
    before = writes()
    answer = client.post(f"/{pattern}", report, content_type="application/json")
    assert answer.status_code == 401  # neither a session nor a cookie counts
    assert writes() == before


@pytest.mark.parametrize("scheme", ["", "Bearer ", "Bearer wrong", "Basic wrong"])
@pytest.mark.parametrize("pattern", MACHINES)
def test_agent_is_known_before_its_report_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch, pattern: str, scheme: str
) -> None:
    """The body of a stranger is never read: it may be of any size, or unpack to any."""
    from django.core.handlers.wsgi import WSGIRequest

    def read(_request: object) -> bytes:
        raise AssertionError("the body was read before the token was looked at")

    monkeypatch.setattr(WSGIRequest, "body", property(read))
    answer = Client().post(
        f"/{pattern}",
        b"{}",
        content_type="application/json",
        headers={"Authorization": scheme, "Content-Encoding": "gzip"},
    )
    assert answer.status_code == 401
