"""What is known of a queue is forgotten when no cloud has it any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils.timezone import now

from clouds.models import Cloud
from clusters.models import NoticeQueue
from clusters.notices import polling, tasks
from providers.aws.notices.address import KEY
from tests.cast import make_cloud
from tests.providers.aws.notices.events import QUEUE, STATE

pytestmark = pytest.mark.django_db


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker reads what a sweep asks for."""
    monkeypatch.setattr(tasks.poll, "apply_async", lambda *_, **__: None)


@pytest.mark.parametrize("settings", [{}, {"interruption_queue": f"{QUEUE}2"}])
def test_what_was_known_of_a_queue_goes_when_the_cloud_has_another_one_or_none(
    listening: Cloud, unasked: None, settings: dict[str, str]
) -> None:
    NoticeQueue.objects.create(address=QUEUE, error="Away.", error_since=now())
    tasks.sweep.apply().get()
    assert NoticeQueue.objects.exists()
    rest = {key: value for key, value in listening.settings.items() if key != KEY}
    Cloud.objects.filter(pk=listening.pk).update(settings=rest | settings)
    tasks.sweep.apply().get()
    assert not NoticeQueue.objects.exists()


def test_what_was_known_of_a_queue_goes_with_the_last_cloud_that_has_it(
    listening: Cloud, unasked: None
) -> None:
    twin = make_cloud("twin", provider="aws", region="us-east-1", settings=listening.settings)
    NoticeQueue.objects.create(address=QUEUE)
    listening.delete()
    tasks.sweep.apply().get()
    assert NoticeQueue.objects.exists()
    twin.delete()
    tasks.sweep.apply().get()
    assert not NoticeQueue.objects.exists()


def test_a_worker_that_reads_a_queue_as_it_is_removed_writes_nothing_down(
    listening: Cloud, sent: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def removed(_: object) -> bool:
        Cloud.objects.filter(pk=listening.pk).update(settings={})
        polling.forget_removed()
        return True

    sent(STATE)
    monkeypatch.setattr(polling, "_handled", removed)
    polling.poll(listening.pk)
    assert not NoticeQueue.objects.exists()
