"""What beat asks for."""

from __future__ import annotations

import pytest
from django.utils.module_loading import import_string

from clusters.models import Cluster, Forecast, ScalingSample

pytestmark = pytest.mark.django_db


def test_what_beat_asks_for_are_tasks(
    with_strategies: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clusters import tasks
    from clusters.schedule import CELERY_BEAT

    asked: list[str] = []
    monkeypatch.setattr(
        tasks.forecast_cluster, "apply_async", lambda ids, **_options: asked.extend(ids)
    )
    for entry in CELERY_BEAT.values():
        import_string(str(entry["task"]))()
    assert ScalingSample.objects.count() == 1
    assert asked == [str(with_strategies.pk)]
    tasks.forecast_cluster(asked[0])
    assert Forecast.objects.count() == 1
