"""Looks at the machines of settled clusters: many at a time, and safe to break off."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from clusters.models import Cluster
from clusters.queues import Queue
from clusters.reconcile import loop, settled
from providers.base import ClusterRef, ObservedNode, Throttled
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.clusters.reconcile.settled import comes_to_rest, is_due, next_step

pytestmark = pytest.mark.django_db


def test_settled_cluster_is_looked_at_and_has_no_pass(calm: Head, driver: FakeDriver) -> None:
    before, calls = Cluster.objects.get(pk=calm.cluster.pk), len(driver.calls)
    assert settled.look([str(calm.cluster.pk)]) == []
    after = Cluster.objects.get(pk=calm.cluster.pk)
    assert [call.verb for call in driver.calls[calls:]] == ["observe"]
    assert after.passed_at == before.passed_at
    assert after.wake_at == after.look_at
    assert timedelta(0) < after.wake_at - now() <= driver.facts.look_every_calm
    assert (settled.due(), loop.due(Queue.FAST)) == ([], [])


def test_look_at_many_clusters_makes_few_queries(
    calm: Head, launch: Callable[..., Cluster]
) -> None:
    heads = [calm]
    for number in range(4):
        other = Head(launch(f"other-{number}"))
        other.pass_by()
        comes_to_rest(other)
        heads.append(other)
    for head in heads:
        is_due(head)
    [ids] = settled.due()
    assert len(ids) == len(heads)
    with CaptureQueriesContext(connection) as asked:
        assert settled.look(ids) == []
    assert len(asked) <= 4  # with those that begin and end a transaction


def test_second_look_at_the_same_time_does_nothing(calm: Head, driver: FakeDriver) -> None:
    settled.look([str(calm.cluster.pk)])
    calls = len(driver.calls)
    assert settled.look([str(calm.cluster.pk)]) == []
    assert len(driver.calls) == calls


def test_look_that_breaks_off_leaves_the_rest_to_whole_passes(
    calm: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(_ref: ClusterRef) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(driver, "observe", defect)
    with pytest.raises(ZeroDivisionError):
        settled.look([str(calm.cluster.pk)])
    assert loop.due(Queue.FAST) == [str(calm.cluster.pk)]


def test_what_there_was_no_time_for_is_due_at_once(
    calm: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settled, "LOOK_SECONDS", -1)
    assert settled.look([str(calm.cluster.pk)]) == []
    assert settled.due() == [[str(calm.cluster.pk)]]


def test_driver_that_lists_many_clusters_is_asked_once(
    calm: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def observe_all(refs: list[ClusterRef]) -> dict[str, list[ObservedNode]]:
        asked.append(len(refs))
        return {ref.handle: list(driver.observe(ref)) for ref in refs}

    monkeypatch.setattr(driver, "observe_all", observe_all, raising=False)
    assert settled.look([str(calm.cluster.pk)]) == []
    driver.vanish(calm.nodes()[0].name)
    assert next_step(calm) == "look"
    assert settled.look([str(calm.cluster.pk)]) == [str(calm.cluster.pk)]
    assert asked == [1, 1]


def test_driver_that_does_not_open_leaves_it_to_a_whole_pass(
    calm: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_account: object) -> None:
        raise Throttled("No key.")

    monkeypatch.setattr("providers.registry.open_driver", refused)
    assert settled.look([str(calm.cluster.pk)]) == [str(calm.cluster.pk)]
    assert loop.due(Queue.FAST) == [str(calm.cluster.pk)]


def test_error_of_one_cluster_leaves_the_others_settled(
    calm: Head, launch: Callable[..., Cluster], driver: FakeDriver
) -> None:
    other = Head(launch("other"))
    other.pass_by()
    comes_to_rest(other)
    for head in (other, calm):  # the longest due one is looked at first
        is_due(head)
    driver.fail_next("observe", Throttled("Slow down."))
    [ids] = settled.due()
    assert settled.look(ids) == [str(other.cluster.pk)]
    assert next_step(calm) == "look"


def test_error_of_a_list_of_all_leaves_them_to_whole_passes(
    calm: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_refs: object) -> None:
        raise Throttled("Slow down.")

    monkeypatch.setattr(driver, "observe_all", refused, raising=False)
    assert settled.look([str(calm.cluster.pk)]) == [str(calm.cluster.pk)]
    assert loop.due(Queue.FAST) == [str(calm.cluster.pk)]
