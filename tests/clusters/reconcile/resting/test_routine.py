"""A whole pass that is due as a precaution alone keeps nobody waiting who has a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from clusters.models import Cluster, Node, Run
from clusters.queues import Priority, Queue
from clusters.reconcile import loop
from clusters.services.waking import wake_for_report
from tests.clusters.head import Head
from tests.clusters.reconcile.settled import columns, comes_to_rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def rested(head: Head) -> Head:
    """A settled cluster whose longest time without a whole pass is just over."""
    comes_to_rest(head)
    moment = now() - timedelta(seconds=1)
    columns(head, wake_at=moment, look_at=moment, settled_until=moment, rest_until=None)
    return head


def test_the_longest_time_without_a_pass_ends_with_a_routine(head: Head) -> None:
    assert comes_to_rest(head).is_routine


def test_a_timer_is_no_routine(head: Head) -> None:
    columns(head, max_lifetime_minutes=10)
    Run.objects.update(started_at=now() - timedelta(minutes=9))
    assert not comes_to_rest(head).is_routine


def test_a_routine_goes_last(rested: Head, launch: Callable[..., Cluster]) -> None:
    other = launch("other")
    assert loop.due_passes(Queue.FAST) == {
        str(other.pk): Priority.LOOP,
        str(rested.cluster.pk): Priority.ROUTINE,
    }
    assert loop.due(Queue.FAST) == [str(other.pk), str(rested.cluster.pk)]


REASONS: dict[str, Callable[[Head], object]] = {
    "a report": lambda head: wake_for_report(head.cluster),
    "a timer": lambda head: columns(head, is_routine=False),
    "it waited too long": lambda head: columns(head, settled_until=now() - timedelta(minutes=6)),
    "a node drains": lambda _head: Node.objects.update(state="draining"),
}


@pytest.mark.parametrize("change", REASONS.values(), ids=REASONS.keys())
def test_with_a_reason_it_is_no_routine(rested: Head, change: Callable[[Head], object]) -> None:
    change(rested)
    assert loop.due_passes(Queue.FAST) == {str(rested.cluster.pk): Priority.LOOP}
