"""Tokens of registries: for one repository, and only over safe ways."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.message import Message

import pytest

from providers import registries
from providers.base import BadCredentials, InvalidRequest, Throttled, Unreachable
from providers.oci.transport import Answer, Transport
from providers.registries import Repository, pull_token, repository_of
from tests.doubles.registry import ACCOUNT, Registry, answering, new_registry


@pytest.fixture
def handler() -> type[Registry]:
    return new_registry()


@pytest.fixture
def repository(handler: type[Registry]) -> Iterator[Repository]:
    with answering(handler) as host:
        yield Repository(host, "team/ray")


@pytest.mark.parametrize(
    ("image", "host", "name", "base"),
    [
        ("ray", "docker.io", "library/ray", "https://registry-1.docker.io/v2/"),
        ("rayproject/ray:2.60", "docker.io", "rayproject/ray", "https://registry-1.docker.io/v2/"),
        (
            "docker.io/team/ray@sha256:12",
            "docker.io",
            "team/ray",
            "https://registry-1.docker.io/v2/",
        ),
        ("r.example.org/a/b/ray:1", "r.example.org", "a/b/ray", "https://r.example.org/v2/"),
        ("r.example.org:5000/ray:1", "r.example.org:5000", "ray", "https://r.example.org:5000/v2/"),
        ("localhost:5000/ray", "localhost:5000", "ray", "http://localhost:5000/v2/"),
    ],
)
def test_image_says_where_it_is(image: str, host: str, name: str, base: str) -> None:
    found = repository_of(image)
    assert (found.host, found.name, found.base) == (host, name, base)


def test_token_is_for_pulling_from_one_repository(
    repository: Repository, handler: type[Registry]
) -> None:
    token = pull_token(repository, credentials=ACCOUNT)
    assert (token.token, token.seconds) == ("t0ken", 300.0)
    assert handler.asked == {"scope": ["repository:team/ray:pull"], "service": ["registry.test"]}
    assert "t0ken" not in repr(token)


def test_registry_that_is_open_needs_no_token(
    repository: Repository, handler: type[Registry]
) -> None:
    handler.challenge = ""
    assert pull_token(repository, credentials=ACCOUNT).token == ""


def test_wrong_credentials_are_named_without_them(repository: Repository) -> None:
    with pytest.raises(BadCredentials, match="MOBULA_REGISTRY_CREDENTIALS") as error:
        pull_token(repository, credentials="ci:wrong")
    assert "wrong" not in str(error.value)


@pytest.mark.parametrize(
    "challenge", ['Basic realm="Registry"', "Bearer", 'Bearer service="x"', "Negotiate"]
)
def test_registry_without_tokens_is_refused(
    repository: Repository, handler: type[Registry], challenge: str
) -> None:
    handler.challenge = challenge
    with pytest.raises(InvalidRequest, match="has no short-lived tokens"):
        pull_token(repository, credentials=ACCOUNT)


def test_credentials_never_go_over_plain_http(
    repository: Repository, handler: type[Registry]
) -> None:
    handler.challenge = 'Bearer realm="http://auth.example.org/token"'
    with pytest.raises(InvalidRequest, match="does not use HTTPS"):
        pull_token(repository, credentials=ACCOUNT)


@pytest.mark.parametrize(
    "answer",
    [(302, ""), (500, ""), (200, "[]"), (200, "{}"), (200, "x"), (200, '{"token": ""}')],
)
def test_service_that_gives_no_token_is_tried_again_later(
    repository: Repository, handler: type[Registry], answer: tuple[int, str]
) -> None:
    handler.answer = answer
    with pytest.raises(Unreachable):
        pull_token(repository, credentials=ACCOUNT)


def test_service_that_throttles_is_asked_again_later(
    repository: Repository, handler: type[Registry]
) -> None:
    handler.answer = (429, "")
    with pytest.raises(Throttled, match="limits how often"):
        pull_token(repository, credentials=ACCOUNT)


def test_registry_that_sends_a_byte_now_and_then_is_given_up(
    repository: Repository, handler: type[Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, but not all of them: a web process must not wait for them."""
    monkeypatch.setattr(registries, "TIMEOUT_SECONDS", 0.5)
    handler.drip = 0.1
    began = time.monotonic()
    with pytest.raises(Unreachable, match="did not answer"):
        pull_token(repository, credentials=ACCOUNT)
    assert time.monotonic() - began < 3.0


@pytest.mark.parametrize("realm", ["http://127.0.0.1:9/token", "http://localhost:9/token"])
def test_registry_elsewhere_cannot_have_credentials_sent_to_a_port_of_this_host(
    realm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = Message()
    headers["WWW-Authenticate"] = f'Bearer realm="{realm}"'
    asked: list[str] = []

    def answer(_: Transport, url: str, *__: object, **___: object) -> Answer:
        asked.append(url)
        return Answer(status=401, headers=headers)

    monkeypatch.setattr(Transport, "ask", answer)
    with pytest.raises(InvalidRequest, match="does not use HTTPS"):
        pull_token(Repository("r.example.org", "team/ray"), credentials=ACCOUNT)
    assert asked == ["https://r.example.org/v2/"]


def test_registry_whose_token_service_has_parameters_keeps_them(
    repository: Repository, handler: type[Registry]
) -> None:
    handler.challenge = 'Bearer realm="{self}/token?account=ci",service="registry.test"'
    pull_token(repository, credentials=ACCOUNT)
    assert handler.asked["account"] == ["ci"]
    assert handler.asked["scope"] == ["repository:team/ray:pull"]


def test_registry_that_hangs_is_given_up(
    repository: Repository, handler: type[Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registries, "TIMEOUT_SECONDS", 0.2)
    handler.delay = 1.0
    with pytest.raises(Unreachable, match="did not answer"):
        pull_token(repository, credentials=ACCOUNT)


def test_registry_that_is_away_is_named() -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 does not answer"):
        pull_token(Repository("127.0.0.1:1", "ray"), credentials=ACCOUNT)
