"""What the pages of clouds say of a queue, from what a worker found there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import User
from clouds.drivers import driver_for
from clouds.models import Cloud
from clusters.models import Node, NoticeQueue
from clusters.notices import polling
from clusters.notices.addresses import queue_of
from clusters.notices.shown import LASTING, LATE
from mobula.demo_cloud.aws.world import World
from providers.notices import NoticeSource
from tests.cast import make_cloud
from tests.providers.aws.notices.events import QUEUE, STATE

pytestmark = pytest.mark.django_db

type Send = Callable[..., str]
type Page = Callable[[Cloud], str]
CANNOT = "Mobula cannot read the interruption queue"


@pytest.fixture
def adams(client: Client, adam: User) -> Client:
    client.force_login(adam)
    return client


@pytest.fixture
def settings_page(adams: Client) -> Page:
    """Return what the page of a cloud's settings says."""

    def page(cloud: Cloud) -> str:
        return adams.get(reverse("clouds:settings", args=[cloud.pk])).text

    return page


@pytest.fixture
def clouds_page(client: Client) -> Callable[[User], str]:
    """Return what the list of clouds says to somebody."""

    def page(user: User) -> str:
        client.force_login(user)
        return client.get(reverse("clouds:list")).text

    return page


def shift(**columns: timedelta) -> None:
    """Let what a queue's row says have been so long ago."""
    for column, time in columns.items():
        NoticeQueue.objects.update(**{column: now() - time})


def test_pages_know_the_address_that_the_driver_reads(listening: Cloud) -> None:
    driver = driver_for(listening)
    assert isinstance(driver, NoticeSource)
    assert driver.notice_queue == queue_of(listening) == QUEUE


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("aws", {}),
        ("aws", {"interruption_queue": ""}),
        ("aws", {"interruption_queue": 7}),
        ("gcp", {"interruption_queue": QUEUE}),
        ("fake", {"interruption_queue": QUEUE}),
    ],
)
def test_other_clouds_have_no_queue(kind: str, settings: dict[str, object]) -> None:
    assert queue_of(Cloud(provider=kind, settings=settings)) == ""


def test_a_cloud_without_a_queue_says_nothing_of_one(cloud: Cloud, settings_page: Page) -> None:
    text = settings_page(cloud)
    assert "has not been read" not in text
    assert "Interruption queue:" not in text


def test_a_queue_that_works_tells_when_it_was_read_and_the_last_message(
    listening: Cloud, worker: Node, sent: Send, settings_page: Page
) -> None:
    assert "The interruption queue has not been read yet" in settings_page(listening)
    polling.poll(listening.pk)
    assert "no message so far" in settings_page(listening)
    sent(STATE)
    polling.poll(listening.pk)
    shift(message_at=timedelta(minutes=7))
    text = settings_page(listening)
    assert "Interruption queue: read" in text
    assert ">7 min ago</time>" in text
    assert CANNOT not in text


@pytest.mark.parametrize(
    ("code", "words", "way_out"),
    [
        ("QueueDoesNotExist", "QueueDoesNotExist", "Create it, or change the setting."),
        ("AccessDenied", "answered AccessDenied", "Add sqs:ReceiveMessage on the queue"),
        ("KMS.AccessDeniedException", "KMS key", "Allow kms:Decrypt on it."),
    ],
)
def test_a_queue_that_cannot_be_read_is_told_with_the_way_out_and_since_when(
    listening: Cloud, world: World, settings_page: Page, code: str, words: str, way_out: str
) -> None:
    world.fail("ReceiveMessage", code, status=400)
    polling.poll(listening.pk)
    shift(error_since=timedelta(minutes=9))
    text = settings_page(listening)
    for part in (CANNOT, words, way_out, "First failed", ">9 min ago</time>"):
        assert part in text, part
    polling.poll(listening.pk)
    assert CANNOT not in settings_page(listening)


@pytest.mark.parametrize(
    ("column", "words"), [("read_at", "It was last read"), ("added_at", "It has never been read")]
)
def test_a_queue_that_no_worker_reads_is_told(
    listening: Cloud, settings_page: Page, column: str, words: str
) -> None:
    NoticeQueue.objects.create(address=QUEUE)
    shift(**{column: LATE + timedelta(seconds=9)})
    text = settings_page(listening)
    assert "The interruption queue is not being read." in text
    assert words in text
    assert "Celery worker" in text
    shift(**{column: timedelta(seconds=9)})
    assert "is not being read" not in settings_page(listening)


def test_the_list_of_clouds_tells_admins_of_an_error_that_lasts(
    listening: Cloud, world: World, adam: User, alice: User, clouds_page: Callable[[User], str]
) -> None:
    world.fail("ReceiveMessage", "QueueDoesNotExist", status=400)
    polling.poll(listening.pk)
    assert CANNOT not in clouds_page(adam)  # it may be over in a moment
    shift(error_since=LASTING)
    twin = make_cloud("twin", provider="aws", region="us-east-1", settings=listening.settings)
    text = clouds_page(adam)
    for cloud in (listening, twin):
        assert f"{CANNOT} of {cloud}: Amazon SQS answered QueueDoesNotExist" in text
        assert reverse("clouds:settings", args=[cloud.pk]) in text
    assert CANNOT not in clouds_page(alice)
    Cloud.objects.update(settings={})  # nobody reads it any more
    assert CANNOT not in clouds_page(adam)


def test_many_queues_cost_the_list_no_more_queries(
    listening: Cloud, adam: User, clouds_page: Callable[[User], str]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            clouds_page(adam)
        return len([one for one in asked if "clusters_noticequeue" in one["sql"]])

    for number in range(5):
        address = f"{QUEUE}-{number}"
        settings = {"interruption_queue": address}
        make_cloud(f"aws-{number}", provider="aws", region="us-east-1", settings=settings)
        NoticeQueue.objects.create(address=address, error="Away.", error_since=now() - LASTING)
    assert queries() == 1
