"""Planning ends when its processor time is used up, and keeps its lease meanwhile."""

import threading
import time
from datetime import timedelta

import pytest
from django.utils.timezone import now

from clusters import leases
from clusters.leases import LeaseLost, lease
from clusters.models import Cluster
from clusters.scaling.planning import Planning, PlanningTimedOut


def busy(seconds: float) -> str:
    """Use so many seconds of processor time."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return "planned"


def test_an_answer_comes_back_and_is_measured() -> None:
    planning = Planning(cluster=Cluster(), limit=5)
    assert planning.ask(lambda: busy(0.02)) == "planned"
    assert 0.01 < planning.seconds < 5
    assert not planning.timed_out


def test_planning_is_stopped_when_its_time_is_used_up() -> None:
    planning = Planning(cluster=Cluster(), limit=0.1)
    began = time.process_time()
    with pytest.raises(PlanningTimedOut):
        planning.ask(lambda: busy(30))
    assert time.process_time() - began < 5
    assert planning.timed_out
    busy(0.2)  # nothing is stopped any more


def test_what_was_used_before_counts() -> None:
    planning = Planning(cluster=Cluster(), limit=0.3)
    planning.ask(lambda: busy(0.25))
    with pytest.raises(PlanningTimedOut):
        planning.ask(lambda: busy(30))


def test_elsewhere_than_in_the_main_thread_nothing_is_stopped() -> None:
    answers = list[str]()
    planning = Planning(cluster=Cluster(), limit=0.05)
    thread = threading.Thread(target=lambda: answers.append(planning.ask(lambda: busy(0.15))))
    thread.start()
    thread.join()
    assert answers == ["planned"]


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_a_plan_takes_longer_than_it_lasts(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.05)
    with lease(str(cluster.pk)) as held:
        assert held
        nearly_over = now() + timedelta(seconds=0.3)
        Cluster.objects.filter(pk=cluster.pk).update(lease_expires=nearly_over)

        def planned() -> bool:
            time.sleep(0.6)
            with lease(str(cluster.pk)) as second:
                return second is None

        assert Planning(cluster=held).ask(planned)


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_nobody_wants_any_more_is_given_up(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.05)
    with lease(str(cluster.pk)) as held:
        assert held
        Cluster.objects.filter(pk=cluster.pk).update(target="terminated")
        with pytest.raises(LeaseLost):
            Planning(cluster=held).ask(lambda: busy(30))


@pytest.mark.django_db(transaction=True)
def test_whoever_computes_for_ever_loses_the_lease(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(leases, "MOST_RENEWALS", 3)
    with lease(str(cluster.pk)) as held:
        assert held
        with pytest.raises(LeaseLost):
            Planning(cluster=held).ask(lambda: busy(30))
