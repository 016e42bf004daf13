"""The button that refreshes a catalogue, and what the list of clouds shows of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, User
from clouds import refreshing
from clouds.models import (
    CatalogueRefresh,
    Cloud,
    RefreshState,
)
from clouds.services import request_refresh
from providers.base import BadCredentials
from tests.cast import make_cloud
from tests.clouds.told import Refreshed, ToldSource

pytestmark = pytest.mark.django_db


def post(user: User, cloud: Cloud, *, method: str = "post") -> Any:
    """Press the button as somebody."""
    client = Client()
    client.force_login(user)
    return getattr(client, method)(reverse("clouds:refresh", args=[cloud.pk]), follow=True)


def page(user: User, **headers: Any) -> str:
    """Return the list of clouds as somebody sees it."""
    client = Client()
    client.force_login(user)
    return str(client.get(reverse("clouds:list"), headers=headers).content.decode())


def test_admin_presses_the_button_and_the_trail_says_so(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    answer = post(adam, cloud)
    assert "Refreshing the machine types and prices of aws." in answer.content.decode()
    entry = AuditEntry.objects.get(action="cloud.refresh-requested")
    assert (entry.actor, entry.subject_name) == (adam, "aws")
    row = CatalogueRefresh.objects.get()
    assert (row.asked_by, row.state) == (adam, RefreshState.RUNNING)
    assert "is already running" in post(adam, cloud).content.decode()


def test_others_may_not_and_get_changes_nothing(
    cloud: Cloud, source: ToldSource, alice: User, adam: User
) -> None:
    assert post(alice, cloud).status_code == 403
    assert post(adam, cloud, method="get").status_code == 405
    assert not CatalogueRefresh.objects.exists()
    assert "/refresh/" not in page(alice)


def test_kind_without_a_price_list_says_why_not(adam: User) -> None:
    cloud = make_cloud("k8s", provider="kubernetes", region="x")
    assert "Kubernetes has no price list. The rate card sets its prices." in page(adam)
    assert "no price list" in post(adam, cloud).content.decode()
    assert not CatalogueRefresh.objects.exists()


def test_list_is_live_while_a_refresh_runs(
    cloud: Cloud, source: ToldSource, adam: User, bob: User
) -> None:
    assert "every 2s" not in page(bob)
    row = request_refresh(cloud, by=adam)
    live = page(bob, hx_request="true")
    assert "every 2s" in live
    assert "Running for" in live
    assert "<html" not in live
    refreshing.refresh(row.pk, is_last_try=True)
    done = page(bob, hx_request="true")
    assert "every 2s" not in done
    assert "202 types, 4 prices" in done
    assert "2026-11-25</span>, EC2 price list" in done
    assert ", built-in price list" in done


def test_list_says_why_a_refresh_failed(
    refreshed: Refreshed, source: ToldSource, bob: User
) -> None:
    source.error = BadCredentials("EC2 refused the credentials. Check them.")
    refreshed()
    assert "EC2 refused the credentials. Check them." in page(bob)


def test_refresh_that_was_lost_may_be_asked_again(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    request_refresh(cloud, by=adam)
    CatalogueRefresh.objects.update(started_at=timezone.now() - timedelta(minutes=16))
    shown = page(adam)
    assert "did not finish" in shown
    assert "every 2s" not in shown
    assert reverse("clouds:refresh", args=[cloud.pk]) in shown
