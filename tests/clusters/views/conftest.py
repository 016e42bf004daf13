"""The Scaling tab, and a running cluster with strategies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

if TYPE_CHECKING:
    from accounts.models import Team, User
    from clusters.models import Cluster


@pytest.fixture
def page(alice: User) -> Callable[..., Any]:
    """The Scaling tab as alice sees it, with parameters of the address."""
    client = Client()
    client.force_login(alice)

    def opened(cluster: Cluster, *, headers: dict[str, str] | None = None, **query: str) -> Any:
        url = reverse("clusters:detail", args=[cluster.pk])
        response = client.get(url, {"tab": "scaling"} | query, headers=headers)
        assert response.status_code == 200
        return response

    opened.client = client  # type: ignore[attr-defined]
    return opened


@pytest.fixture
def scaled(research: Team, alice: User, launch: Callable[..., Cluster], version: object) -> Head:
    """A running cluster with a schedule, a forecast, a rule and a spare node."""
    from configurations.services.templates import create_template
    from tests.clusters.views.scaling_page import STRATEGIES

    made = create_template(
        team=research, name="scaled", text=TEXT.rstrip() + STRATEGIES, message="First.", by=alice
    )
    head = Head(launch("scaled", of=made))
    head.pass_by()
    head.report()
    return head
