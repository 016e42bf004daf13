"""A refresh runs once at a time, tries again, and says why it failed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import User
from clouds import refreshing
from clouds.catalogue import prices_in
from clouds.models import (
    CatalogueRefresh,
    CatalogueType,
    Cloud,
    RefreshState,
)
from clouds.refreshing import NotRefreshed, TryAgain
from clouds.services import request_refresh
from clouds.tasks import refresh_catalogue
from providers.base import BadCredentials, Throttled
from tests.clouds.told import (
    M5,
    ON_DEMAND,
    REGION,
    Refreshed,
    ToldSource,
)

pytestmark = pytest.mark.django_db


def test_failure_keeps_the_former_and_says_why(
    refreshed: Refreshed, cloud: Cloud, source: ToldSource
) -> None:
    refreshed()
    source.types = source.types[:100]
    source.error = BadCredentials("EC2 refused the credentials. Check them.")
    row = refreshed()
    assert (row.state, row.message) == (RefreshState.FAILED, str(source.error))
    assert row.finished_at is not None
    assert CatalogueType.objects.count() == 202
    assert prices_in(cloud)[M5, ON_DEMAND] == Decimal("0.5")


def test_second_message_does_nothing(refreshed: Refreshed, source: ToldSource) -> None:
    row = refreshed()
    refresh_catalogue.apply(args=(row.pk,), throw=True)
    assert source.asked == 1


def test_worker_that_was_given_up_changes_nothing_any_more(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    slow = request_refresh(cloud, by=adam)
    refreshing.give_up(slow, "Lost.")
    answer = refreshing.read(source, REGION)
    refreshing.keep(slow, answer)
    assert not CatalogueType.objects.exists()


def test_one_refresh_of_a_region_runs_at_a_time(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    first = request_refresh(cloud, by=adam)
    with pytest.raises(NotRefreshed, match="is already running"):
        request_refresh(cloud, by=adam)
    CatalogueRefresh.objects.update(started_at=timezone.now() - timedelta(minutes=16))
    request_refresh(cloud, by=adam)
    first.refresh_from_db()
    assert first.state == RefreshState.FAILED
    assert "15 minutes" in first.message


def test_busy_cloud_is_asked_again_and_given_up_at_the_last(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    source.error = Throttled("EC2 is throttling requests. Try again in a few minutes.")
    row = request_refresh(cloud, by=adam)
    with pytest.raises(TryAgain):
        refreshing.refresh(row.pk, is_last_try=False)
    row.refresh_from_db()
    assert row.state == RefreshState.RUNNING
    refreshing.refresh(row.pk, is_last_try=True)
    row.refresh_from_db()
    assert row.state == RefreshState.FAILED


def test_task_tries_four_times(refreshed: Refreshed, source: ToldSource) -> None:
    source.error = Throttled("EC2 is throttling requests. Try again in a few minutes.")
    assert refreshed().state == RefreshState.FAILED
    assert source.asked == 4
