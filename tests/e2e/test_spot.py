"""Refused machines and interruption notices with real Ray nodes, as a failure plan wants them."""

from __future__ import annotations

import pytest

from tests.e2e.cluster import DrivenCluster
from tests.e2e.stack import Console, plan_failures
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.ray

TEXT = """\
cloud: local
head_node:
  instance_type: 1CPU-2GB
worker_nodes:
  - name: cheap
    instance_type: 2CPU-4GB
    market_type: SPOT
    min_nodes: 1
    max_nodes: 2
"""


def workers(cluster: DrivenCluster, *, cause: str) -> list[str]:
    ended = cluster.nodes(role="worker", live=False)
    return [node["name"] for node in ended if node["end_cause"] == cause]


def kinds(cluster: DrivenCluster) -> set[str]:
    return {event["kind"] for event in cluster.events()}


def test_a_refused_machine_cools_down_and_an_interrupted_one_is_drained_and_replaced(
    mobula: Console,
) -> None:
    plan_failures(mobula, failures=[{"market": "spot", "times": 1, "message": "Spot is sold out."}])
    cluster = mobula.launch("cheap", version=mobula.make_template("cheap", TEXT))
    cluster.comes_to("running")
    cluster.has_workers(1)
    assert len(workers(cluster, cause="start failed")) == 1, cluster.describe()
    assert "cooldown.started" in kinds(cluster)

    victim = cluster.ready_workers()[0]["name"]
    plan_failures(mobula, interruptions=[{"node": victim, "in_seconds": 20}])
    eventually(
        lambda: workers(cluster, cause="interrupted") == [victim],
        what=f"{victim} is told to go",
        seen=cluster.describe,
    )
    query = "SELECT * FROM clusters_command WHERE cluster_id = %s AND kind = 'drain'"
    eventually(
        lambda: any(row["ok"] for row in mobula.rows(query, cluster.id)),
        what="Ray drains it",
        seen=cluster.describe,
    )
    eventually(
        lambda: victim not in {node["name"] for node in cluster.nodes()},
        what=f"{victim} is gone",
        seen=cluster.describe,
    )
    cluster.has_workers(1)
    assert "spot.interruption_notice" in kinds(cluster)
    cluster.press("terminate")
    cluster.comes_to("terminated")
