"""What Ray asks beyond amounts, on real nodes: replicas a node, fallbacks, GPUs, lost bundles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.cluster import DrivenCluster
from tests.e2e.processes import program_of
from tests.e2e.stack import Console, Row
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.ray

TEXT = """\
cloud: local
head_node:
  instance_type: 1CPU-2GB
  resources:
    CPU: 0
worker_nodes:
  - name: cpu
    instance_type: 2CPU-4GB
    max_nodes: 3
  - name: silver
    instance_type: 2CPU-4GB
    labels:
      tier: silver
    max_nodes: 1
  - name: gpus
    instance_type: 4CPU-16GB
    resources:
      CPU: 0
      GPU: 2
    max_nodes: 3
mobula:
  worker_idle_seconds: 5
  scaling:
    consolidation: off
"""
WORK = Path(__file__).parent / "work" / "semantics.py"
RAYLET = "raylet"


@pytest.fixture(scope="module")
def cluster(mobula: Console) -> DrivenCluster:
    """The running cluster that the tests give their work to."""
    driven = mobula.launch("rules", version=mobula.make_template("rules", TEXT))
    driven.comes_to("running")
    return driven


def run(cluster: DrivenCluster, kind: str, *more: str) -> Row:
    return cluster.submit(" ".join(["python", str(cluster.console.share(WORK)), kind, *more]))


def placed(cluster: DrivenCluster, job: Row, *, times: int = 1) -> list[str]:
    """Return the nodes that the job named, once it has said so many times where it ran."""

    def lines() -> list[str]:
        found = [x for x in cluster.job_log(job).splitlines() if x.startswith("placed ")]
        return found if len(found) >= times else []

    said = eventually(lines, what=f"{job['entrypoint']} is placed", seen=cluster.describe)
    nodes: list[str] = json.loads(said[times - 1].removeprefix("placed "))
    return nodes


def group_of(cluster: DrivenCluster, node: str) -> str:
    (group,) = (n["group_name"] for n in cluster.nodes(live=False) if n["name"] == node)
    return str(group)


def test_serve_gets_a_node_for_each_replica_that_may_not_share_one(
    cluster: DrivenCluster,
) -> None:
    job = run(cluster, "serve")
    assert cluster.job_over(job)["status"] == "SUCCEEDED", cluster.job_log(job)
    assert len(set(placed(cluster, job))) == 3


def test_a_task_runs_on_its_fallback_where_nothing_has_its_first_choice(
    cluster: DrivenCluster,
) -> None:
    job = run(cluster, "fallback")
    assert cluster.job_over(job)["status"] == "SUCCEEDED", cluster.job_log(job)
    (node,) = placed(cluster, job)
    assert group_of(cluster, node) == "silver"


def test_fractions_that_share_no_gpu_get_another_node(cluster: DrivenCluster) -> None:
    job = run(cluster, "fractions")
    assert cluster.job_over(job)["status"] == "SUCCEEDED", cluster.job_log(job)
    nodes = placed(cluster, job)
    assert len(set(nodes)) == 2
    assert {group_of(cluster, node) for node in nodes} == {"gpus"}


def test_a_lost_bundle_comes_back_on_a_new_node(mobula: Console, cluster: DrivenCluster) -> None:
    until = mobula.shared / "bundles-checked"
    job = run(cluster, "spread", "--until", str(until))
    first = placed(cluster, job)
    assert len(set(first)) == 2
    victim = first[0]
    program_of(mobula.home.path, victim, program=RAYLET).kill()
    eventually(
        lambda: victim not in {n["name"] for n in cluster.ready_workers()},
        what=f"{victim} is gone",
        seen=cluster.describe,
    )
    until.write_text(victim)
    assert cluster.job_over(job)["status"] == "SUCCEEDED", cluster.job_log(job)
    then = placed(cluster, job, times=2)
    assert len(set(then)) == 2
    assert victim not in then
    assert first[1] in then
