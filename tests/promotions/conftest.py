"""A team with dev, test and prod; alice asks, bea and dan approve production."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from providers.fake.driver import FakeDriver
from tests.cast import make_member
from tests.clusters.conftest import cluster, driver, head, image, launch, queued, version

if TYPE_CHECKING:
    from accounts.models import Team, User
    from configurations.models import Version
    from promotions.models import ChangeRequest, Environment

__all__ = ["cluster", "driver", "head", "image", "launch", "queued", "version"]


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the requests that a worker was told about."""
    ids: list[int] = []
    monkeypatch.setattr("promotions.tasks._ask", ids.append)
    return ids


@pytest.fixture
def bea(research: Team) -> User:
    """An engineer who approves production."""
    return make_member("bea", team=research, role="engineer")


@pytest.fixture
def dan(research: Team) -> User:
    """Another engineer who approves production."""
    return make_member("dan", team=research, role="engineer")


@pytest.fixture
def lead(research: Team) -> User:
    """The team's admin, who approves nothing."""
    return make_member("lead", team=research, role="admin")


@pytest.fixture
def environments(research: Team, driver: FakeDriver) -> dict[str, Environment]:
    """dev, test and prod as they are by default; test and prod ask for no environment before."""
    from promotions.environments import saved_environments
    from promotions.models import Environment

    saved_environments(research)
    Environment.objects.filter(team=research).update(needs_previous=False, verify_minutes=0)
    return {each.name: each for each in Environment.objects.filter(team=research)}


@pytest.fixture
def prod(environments: dict[str, Environment], bea: User, dan: User, lead: User) -> Environment:
    """Production, where bea and dan are the approvers and one of them is enough."""
    from promotions.services.environments import add_approver

    for user in (bea, dan):
        add_approver(environments["prod"], group="leads", user=user, by=lead)
    return environments["prod"]


@pytest.fixture
def ask(version: Version, alice: User) -> Callable[..., ChangeRequest]:
    """Have alice ask for a version in an environment."""
    from promotions.services.requests import request_change

    def requested(environment: str = "prod", *, of: Version = version) -> ChangeRequest:
        return request_change(of, environment=environment, title="More workers.", by=alice)

    return requested


@pytest.fixture
def request_in_prod(prod: Environment, ask: Callable[..., ChangeRequest]) -> ChangeRequest:
    """alice's request for production, checked and waiting for approval."""
    from tests.promotions.steps import carry_on

    return carry_on(ask())
