"""What a queue announces reaches nodes and clusters once, and leaves the queue."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils.timezone import now

from clouds.models import Cloud
from clusters.models import Cluster, Event, Node, NoticeQueue
from clusters.notices import polling, tasks
from clusters.scaling.risks import RISK_TIME, pools_at_risk
from clusters.schedule import CELERY_BEAT
from domain.offerings import Market
from mobula.demo_cloud.aws.world import World
from tests.cast import make_cloud
from tests.clusters.orphans.things import launched
from tests.providers.aws.notices.events import QUEUE, REBALANCE, STATE, WARNING

pytestmark = pytest.mark.django_db

type Send = Callable[..., str]


def soon(seconds: float = 0) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def sleep(cluster: Cluster) -> None:
    """Let nothing be due."""
    Cluster.objects.filter(pk=cluster.pk).update(wake_at=now() + timedelta(hours=1))


def is_awake(cluster: Cluster) -> bool:
    cluster.refresh_from_db()
    return cluster.wake_at <= now()


def own(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What our own modules logged."""
    return [one.message for one in caplog.records if one.name.startswith("clusters")]


def test_an_interruption_is_noted_like_that_of_the_machine_itself(
    listening: Cloud, worker: Node, sent: Send, world: World
) -> None:
    sleep(worker.cluster)
    sent(WARNING, time=soon())
    polling.poll(listening.pk)
    worker.refresh_from_db()
    assert worker.interruption_at is not None
    assert abs(worker.interruption_at - now() - timedelta(minutes=2)) < timedelta(seconds=10)
    assert is_awake(worker.cluster)
    assert not world.queues["mobula"]


def test_the_first_notice_counts(listening: Cloud, worker: Node, sent: Send) -> None:
    sent(WARNING, time=soon())
    polling.poll(listening.pk)
    worker.refresh_from_db()
    first = worker.interruption_at
    sent(WARNING, time=soon(60))
    polling.poll(listening.pk)
    worker.refresh_from_db()
    assert worker.interruption_at == first


def test_a_pass_drains_the_node_and_tells(listening: Cloud, worker: Node, sent: Send) -> None:
    from clusters.leases import lease
    from clusters.reconcile.interruptions import handle_interruption

    sent(WARNING, time=soon())
    polling.poll(listening.pk)
    worker.refresh_from_db()
    assert worker.interruption_at is not None
    with lease(str(worker.cluster_id)) as cluster:
        assert cluster is not None
        worker.cluster = cluster
        handle_interruption(cluster, worker, at=worker.interruption_at)
    worker.refresh_from_db()
    assert worker.state == "draining"
    assert Event.objects.filter(kind="spot.interruption_notice").count() == 1


def test_a_recommendation_is_an_event_and_a_hint_once(
    listening: Cloud, worker: Node, sent: Send
) -> None:
    for _ in range(2):
        sent(REBALANCE, time=soon())
        polling.poll(listening.pk)
    worker.refresh_from_db()
    assert worker.rebalance_at is not None
    [event] = Event.objects.filter(kind="spot.rebalance_recommended")
    assert event.cluster == worker.cluster
    assert event.fields["node"] == worker.name
    assert "elevated risk of a spot interruption" in event.message
    assert worker.state == "ready"  # nothing happens to it


def test_the_pool_of_the_node_is_at_risk_for_a_while(
    listening: Cloud, worker: Node, sent: Send
) -> None:
    cluster = worker.cluster
    cluster.refresh_from_db()
    assert pools_at_risk(cluster) == frozenset()
    sent(REBALANCE, time=soon())
    polling.poll(listening.pk)
    assert pools_at_risk(cluster) == {("m5.large", "us-east-1a", Market.SPOT)}
    Node.objects.filter(pk=worker.pk).update(rebalance_at=now() - RISK_TIME)
    assert pools_at_risk(cluster) == frozenset()


def test_a_change_of_state_wakes_the_cluster(listening: Cloud, worker: Node, sent: Send) -> None:
    sleep(worker.cluster)
    sent(STATE, state="stopping")
    polling.poll(listening.pk)
    assert is_awake(worker.cluster)


def test_what_concerns_nobody_leaves_the_queue_silently(
    listening: Cloud, worker: Node, sent: Send, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    sleep(worker.cluster)
    sent(WARNING, "i-0000000000000bad0")
    sent(WARNING, launched(world, f"{worker.cluster.handle}-2", installation="another").id)
    sent(WARNING, launched(world, "c0000001-7").id)  # no row
    sent("EC2 Fleet State Change")
    caplog.set_level(logging.INFO, logger="clusters.notices")
    polling.poll(listening.pk)
    assert not world.queues["mobula"]
    assert not own(caplog)
    worker.refresh_from_db()
    assert worker.interruption_at is None
    assert not is_awake(worker.cluster)


def test_a_notice_about_an_ended_node_changes_nothing(
    listening: Cloud, worker: Node, sent: Send, world: World
) -> None:
    Node.objects.filter(pk=worker.pk).update(state="terminated", ended_at=now())
    sent(WARNING)
    polling.poll(listening.pk)
    worker.refresh_from_db()
    assert worker.interruption_at is None
    assert not world.queues["mobula"]


def test_a_malformed_message_leaves_the_queue_with_a_log_line(
    listening: Cloud, worker: Node, sent: Send, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.send("mobula", "hello")
    sent(WARNING, time=soon())
    polling.poll(listening.pk)
    assert not world.queues["mobula"]
    assert own(caplog) == ["a notice is unreadable"]
    worker.refresh_from_db()
    assert worker.interruption_at is not None


def test_many_messages_are_read_in_one_go(
    listening: Cloud, worker: Node, sent: Send, world: World
) -> None:
    for _ in range(35):
        sent(STATE)
    polling.poll(listening.pk)
    assert not world.queues["mobula"]
    assert world.count()["ReceiveMessage"] == 5


def test_what_could_not_be_written_comes_again(
    listening: Cloud, worker: Node, sent: Send, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    sent(WARNING, time=soon())
    sent(STATE)
    with monkeypatch.context() as patch:
        patch.setattr(polling, "note_interruption", away)
        polling.poll(listening.pk)
    assert len(world.queues["mobula"]) == 1
    world.now[0] += 61  # type: ignore[attr-defined]
    polling.poll(listening.pk)
    assert not world.queues["mobula"]
    worker.refresh_from_db()
    assert worker.interruption_at is not None


def test_one_worker_at_a_time_reads_a_queue(
    listening: Cloud, worker: Node, sent: Send, world: World
) -> None:
    sent(STATE)
    row = NoticeQueue.objects.create(address=QUEUE, leased_until=now() + timedelta(seconds=30))
    polling.poll(listening.pk)
    assert world.count()["ReceiveMessage"] == 0
    row.leased_until = now() - timedelta(seconds=1)  # the other one was killed
    row.save()
    polling.poll(listening.pk)
    assert not world.queues["mobula"]
    row.refresh_from_db()
    assert row.leased_until is None
    assert row.read_at is not None


def test_an_error_is_kept_until_the_queue_is_read_again(
    listening: Cloud, worker: Node, sent: Send, world: World
) -> None:
    sent(STATE)
    world.fail("ReceiveMessage", "QueueDoesNotExist", status=400)
    polling.poll(listening.pk)
    row = NoticeQueue.objects.get(address=QUEUE)
    assert "does not exist" in row.error
    assert (row.leased_until, row.read_at, row.message_at) == (None, None, None)
    assert row.error_since is not None
    first = row.error_since
    world.fail("ReceiveMessage", "AccessDenied", status=400)
    polling.poll(listening.pk)
    row.refresh_from_db()
    assert "Add sqs:ReceiveMessage" in row.error
    assert row.error_since == first  # since when, whatever it was
    polling.poll(listening.pk)
    row.refresh_from_db()
    assert (row.error, row.error_since) == ("", None)
    assert row.read_at is not None
    assert row.message_at is not None


def test_a_task_that_breaks_off_says_nothing_of_the_queue(
    listening: Cloud, worker: Node, sent: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> bool:
        raise RuntimeError

    sent(STATE)
    monkeypatch.setattr(polling, "_handled", broken)
    with pytest.raises(RuntimeError):
        polling.poll(listening.pk)
    row = NoticeQueue.objects.get(address=QUEUE)
    assert (row.leased_until, row.read_at, row.error) == (None, None, "")


def test_an_account_that_cannot_be_opened_is_an_error_of_its_queue(listening: Cloud) -> None:
    wrong = listening.settings | {"vpc": "nonsense"}
    broken = make_cloud("wrong", provider="aws", region="us-east-1", settings=wrong)
    polling.poll(broken.pk)
    assert "vpc" in NoticeQueue.objects.get(address=QUEUE).error
    assert polling.due() == [listening.pk]  # another one's account has the queue, too
    listening.delete()
    assert polling.due() == [broken.pk]


def test_each_queue_is_asked_for_once(listening: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    make_cloud("twin", provider="aws", region="us-east-1", settings=listening.settings)
    make_cloud("without", provider="aws", region="us-west-2")
    make_cloud("wrong", provider="aws", region="us-east-1", settings={"vpc": "nonsense"})
    make_cloud("paper", provider="fake")
    asked: list[Any] = []
    monkeypatch.setattr(tasks.poll, "apply_async", lambda args, **_: asked.append(args))
    tasks.sweep.apply().get()
    assert asked == [(listening.pk,)]
    assert CELERY_BEAT["read-notices"]["schedule"] == 5.0


def test_a_cloud_that_has_no_queue_any_more_is_no_error(cloud: Cloud) -> None:
    tasks.poll.apply(args=(cloud.pk,)).get()
    tasks.poll.apply(args=(999,)).get()
    assert not NoticeQueue.objects.exists()
