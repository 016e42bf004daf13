"""A machine gets a login to its image's registry, and never the credentials."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from clusters.agent.boot import registry
from clusters.models import Node
from images.models import Registry
from images.registries.credentials import sealed
from providers.base import BadCredentials, Unreachable
from providers.registries import PullToken, Repository
from tests.clusters.agent.machine import SECRET, PaperMachine
from tests.clusters.head import Head
from tests.images.rewritten import rewrite_versions

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(head: Head, monkeypatch: pytest.MonkeyPatch) -> PaperMachine:
    rewrite_versions(location="r.example.org/team/ray:1")
    Node.objects.update(address="10.0.0.9")
    machine = PaperMachine(head.nodes(role="head")[0])
    machine.join()
    registry._shared.clear()
    return machine


def login() -> Any:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return Client().get("/agent/v1/nodes/registry", headers=headers)


def test_machine_gets_a_token_that_those_after_it_share(
    machine: PaperMachine, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REGISTRY_CREDENTIALS = {"r.example.org": "ci:secret"}
    asked: list[tuple[Repository, str]] = []

    def token(repository: Repository, *, credentials: str, ca: str) -> PullToken:
        asked.append((repository, credentials))
        return PullToken(f"t{len(asked)}", 300.0)

    monkeypatch.setattr(registry, "pull_token", token)
    for _ in range(2):
        answer = login()
        assert answer.json() == {"auths": {"r.example.org": {"registrytoken": "t1"}}}
        assert answer["Cache-Control"] == "no-store"
    assert asked == [(Repository("r.example.org", "team/ray"), "ci:secret")]
    settings.REGISTRY_CREDENTIALS = {"r.example.org": "ci:changed"}
    assert "t2" in login().text


def test_registry_of_the_team_goes_before_the_setting(
    machine: PaperMachine, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REGISTRY_CREDENTIALS = {"r.example.org": "ci:secret"}
    asked: list[tuple[str, str]] = []

    def token(_: Repository, *, credentials: str, ca: str) -> PullToken:
        asked.append((credentials, ca))
        return PullToken("t1", 300.0)

    monkeypatch.setattr(registry, "pull_token", token)
    row = Registry.objects.create(
        name="own",
        team=Node.objects.get(address="10.0.0.9").cluster.team,
        kind="oci",
        host="r.example.org",
        settings={"ca": "PEM"},
    )
    row.sealed_credentials = sealed(row, {"username": "team", "password": "own"})
    row.save()
    assert "t1" in login().text
    assert asked == [("team:own", "PEM")]


def test_registry_without_credentials_is_named(machine: PaperMachine) -> None:
    answer = login()
    assert answer.status_code == 404
    assert "MOBULA_REGISTRY_CREDENTIALS" in answer.json()["error"]


@pytest.mark.parametrize(
    ("error", "status"), [(Unreachable("Away."), 503), (BadCredentials("Wrong."), 404)]
)
def test_registry_that_gives_no_token(
    machine: PaperMachine,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    settings.REGISTRY_CREDENTIALS = {"r.example.org": "ci:secret"}

    def token(*_: object, **__: object) -> PullToken:
        raise error

    monkeypatch.setattr(registry, "pull_token", token)
    answer = login()
    assert (answer.status_code, answer.json()) == (status, {"error": str(error)})
