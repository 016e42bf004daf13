"""Machines are launched and terminated as the rows say."""

import pytest

from clusters.models import Cluster
from domain.lifecycle import EndCause, NodeState
from providers.base import CapacityUnavailable
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.clusters.situations import reference_of, states

pytestmark = pytest.mark.django_db


def test_idle_worker_is_drained_and_given_back(head: Head, driver: FakeDriver) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    worker = head.nodes()[0]
    head.wants(0)
    head.idle[worker.name] = 61.0
    head.report()
    head.pass_by()
    assert states(head) == ["draining"]
    command = head.report()["commands"][0]
    assert (command["kind"], command["node"], command["reason"]) == ("drain", worker.name, "idle")
    head.report(results=[{"id": command["id"], "ok": True, "message": "Ray drains the node."}])
    head.pass_by()
    head.pass_by()
    worker.refresh_from_db()
    assert (worker.state, worker.end_cause) == ("terminated", EndCause.IDLE)
    assert worker.name not in {node.name for node in driver.observe(reference_of(head))}


def test_capacity_failure_is_shown_and_the_same_machine_asked_again(
    cluster: Cluster, driver: FakeDriver
) -> None:
    driver.fail_next("launch", CapacityUnavailable("Less than 1 GiB of memory is free."))
    head = Head(cluster)
    head.pass_by()
    cluster.refresh_from_db()
    assert cluster.run.last_error == "Less than 1 GiB of memory is free."
    error = cluster.events.get(kind="provider.error")
    assert (error.severity, error.fields["retryable"]) == ("warning", True)
    node = head.nodes(role="head")[0]
    assert node.state == NodeState.LAUNCHING
    head.pass_by()
    node.refresh_from_db()
    cluster.refresh_from_db()
    assert (node.state, cluster.run.last_error) == (NodeState.BOOTING, "")
    assert driver.launched == [node.name]
