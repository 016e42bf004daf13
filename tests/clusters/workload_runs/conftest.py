"""A change request of alice's for an environment that asks for a test workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.promotions.conftest import ask, asked, environments, lead

if TYPE_CHECKING:
    from accounts.models import User
    from promotions.models import Environment, TestRun

__all__ = ["ask", "asked", "environments", "lead"]


@pytest.fixture
def testing(environments: dict[str, Environment], lead: User) -> Environment:
    """The environment test, where a version has to run CPU tasks."""
    from promotions.services.environments import change_rules

    values = {"workload": "cpu_tasks", "workload_minutes": 30, "workload_usd": 1}
    change_rules(environments["test"], values=values, by=lead)
    return environments["test"]


@pytest.fixture
def run(testing: Environment, ask: object, queued: list[str]) -> TestRun:
    """The test run that alice's request wants."""
    from promotions.models import TestRun
    from tests.promotions.steps import carry_on

    carry_on(ask("test"))  # type: ignore[operator]
    return TestRun.objects.get()
