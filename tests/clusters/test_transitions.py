"""Transitions of nodes open and close intervals in the ledger."""

import pytest

from accounts.models import User
from clusters.services import operating
from metering.models import Interval
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def test_ledger_counts_each_node_once(head: Head, alice: User) -> None:
    head.wants(2, CPU=2.0)
    head.report()
    head.pass_by()
    head.report()
    operating.terminate_cluster(head.cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    nodes = head.cluster.nodes.all()
    intervals = {row.node: row for row in Interval.objects.all()}
    assert intervals.keys() == {node.name for node in nodes}
    for node in nodes:
        assert intervals[node.name].started_at == node.booted_at
        assert intervals[node.name].ended_at == node.ended_at
