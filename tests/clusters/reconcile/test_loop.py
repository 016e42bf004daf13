"""Passes of the reconcile loop: from requested to running, one worker at a time, errors noted."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.utils.timezone import now

from clusters.models import Cluster
from clusters.reconcile import loop
from providers.base import (
    BadCredentials,
    ClusterRef,
    DriverFacts,
    ObservedNode,
)
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def test_launch_brings_up_the_head_and_notes_every_step(cluster: Cluster, head: Head) -> None:
    moves = [event.to_state for event in cluster.events.order_by("pk") if event.to_state]
    assert moves == ["starting", "launching", "booting", "ready", "running"]
    node = head.nodes(role="head")[0]
    assert node.requested_at <= node.launched_at <= node.booted_at <= node.ready_at


def test_refused_credentials_fail_a_cluster_that_never_started(
    cluster: Cluster, driver: FakeDriver
) -> None:
    driver.fail_next("prepare", BadCredentials("The key was rejected."))
    Head(cluster).pass_by()
    cluster.refresh_from_db()
    assert (cluster.state, cluster.run.last_error) == ("failed", "The key was rejected.")
    error = cluster.events.get(kind="provider.error")
    assert error.fields == {"failure": "permission", "retryable": False}


def test_sweep_finds_what_is_due(cluster: Cluster) -> None:
    assert loop.due() == [str(cluster.pk)]
    Cluster.objects.filter(pk=cluster.pk).update(wake_at=now() + timedelta(hours=1))
    assert loop.due() == []


def test_waking_during_a_pass_is_not_lost(
    cluster: Cluster, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clusters.services.waking import wake

    launch = driver.launch

    def launch_and_wake(*args: object, **options: object) -> None:
        launch(*args, **options)  # type: ignore[arg-type]
        wake(cluster)

    monkeypatch.setattr(driver, "launch", launch_and_wake)
    Head(cluster).pass_by()
    assert loop.due() == [str(cluster.pk)]


def test_driver_says_how_often_to_look_and_how_long_its_calls_take(
    head: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = [timedelta(minutes=number) for number in (3, 5, 7)]
    driver.facts = DriverFacts(
        look_every_busy=minutes[0], look_every_calm=minutes[1], lease=minutes[2]
    )
    leases: list[timedelta] = []
    ordinary = driver.observe

    def observe(ref: ClusterRef) -> Sequence[ObservedNode]:
        expires = Cluster.objects.get(pk=head.cluster.pk).lease_expires
        leases.append(expires - now() if expires else timedelta(0))
        return ordinary(ref)

    monkeypatch.setattr(driver, "observe", observe)
    head.report()
    head.pass_by()
    assert leases[0] > minutes[1]
    wake_at = Cluster.objects.get(pk=head.cluster.pk).wake_at
    assert minutes[0] < wake_at - now() <= minutes[1]


def test_defect_of_ours_does_not_keep_the_workers_busy(
    cluster: Cluster, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(driver, "observe", defect)
    with pytest.raises(ZeroDivisionError):
        Head(cluster).pass_by()
    assert loop.due() == []
    cluster.refresh_from_db()
    assert cluster.lease_token is None


def test_message_that_comes_twice_is_done_once(cluster: Cluster, driver: FakeDriver) -> None:
    from clusters.tasks import reconcile_cluster

    reconcile_cluster(str(cluster.pk))
    calls = len(driver.calls)
    reconcile_cluster(str(cluster.pk))
    assert len(driver.calls) == calls > 0


def test_message_about_an_ended_cluster_does_nothing(head: Head, driver: FakeDriver) -> None:
    Cluster.objects.filter(pk=head.cluster.pk).update(state="terminated", target="terminated")
    calls = len(driver.calls)
    head.pass_by()
    assert len(driver.calls) == calls
