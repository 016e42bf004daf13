"""Demand launches workers, with a reason in words."""

import pytest

from domain.lifecycle import EndCause
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head
from tests.clusters.situations import states

pytestmark = pytest.mark.django_db


def test_demand_starts_workers_with_a_reason_in_words(head: Head, driver: FakeDriver) -> None:
    head.wants(3, CPU=1.0)
    head.report()
    head.pass_by()
    assert states(head) == ["booting", "booting"]
    decision = head.cluster.decisions.get()
    assert (decision.kind, decision.count) == ("launch", 2)
    assert "{CPU: 1}" in decision.reason
    head.pass_by()
    assert len(driver.launched) == 3  # the same demand is not answered twice


def test_group_that_fails_to_start_again_and_again_rests(head: Head, driver: FakeDriver) -> None:
    head.wants(1, CPU=1.0)
    for _ in range(12):
        head.silent |= {node.name for node in head.nodes()}
        head.report()
        for node in head.nodes():
            if node.state == "booting":
                driver.break_node(node.name, reason="No such library.")
        head.pass_by()
    failed = head.cluster.nodes.filter(end_cause=EndCause.START_FAILED).count()
    assert (failed, head.nodes()) == (3, [])
    decision = head.cluster.decisions.filter(kind="unserved").get()
    assert "3 of its nodes failed to start" in decision.reason
