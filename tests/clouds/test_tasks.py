"""Old regions are refreshed once a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from clouds import schedule, tasks
from clouds.models import (
    CatalogueRefresh,
    Cloud,
    RefreshState,
)
from clouds.tasks import refresh_what_is_old
from mobula.celery import app
from tests.cast import make_cloud
from tests.clouds.told import Refreshed, ToldSource

pytestmark = pytest.mark.django_db


def test_old_regions_are_asked_once_a_day_if_somebody_asked_before(
    refreshed: Refreshed, cloud: Cloud, source: ToldSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.refresh_catalogue, "delay", sent.append)
    make_cloud("never-asked", provider="gcp", region="us-central1")
    refresh_what_is_old()
    assert not sent  # nobody asked
    row = refreshed()
    refresh_what_is_old()
    assert not sent  # it is new
    CatalogueRefresh.objects.filter(pk=row.pk).update(
        started_at=timezone.now() - timedelta(hours=25)
    )
    refresh_what_is_old()
    refresh_what_is_old()
    again = CatalogueRefresh.objects.get(state=RefreshState.RUNNING)
    assert sent == [again.pk]
    assert again.asked_by is None


def test_beat_asks_for_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in schedule.CELERY_BEAT.values()} <= set(app.tasks)
