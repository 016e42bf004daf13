"""A large node with one small actor on it becomes a small node, on real Ray nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.stack import Console
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.ray

# The burst needs the large machine; what is left of it then fits on the small one.
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
mobula:
  worker_idle_seconds: 5
  groups:
    cpu:
      fallback_types: [8CPU-32GB]
      consolidation: act
"""
WORK = Path(__file__).parent / "work" / "shrinking.py"


def test_an_actor_moves_from_a_large_node_to_a_small_one(mobula: Console) -> None:
    cluster = mobula.launch("shrink", version=mobula.make_template("shrink", TEXT))
    cluster.comes_to("running")
    shrunk, release = (mobula.shared / name for name in ("shrunk", "released"))
    job = cluster.submit(f"python {mobula.share(WORK)} --shrink {shrunk} --until {release}")
    cluster.has_workers(1)
    [large] = cluster.ready_workers()
    assert large["machine"] == "8CPU-32GB", cluster.describe()
    eventually(
        lambda: "all at work" in cluster.job_log(job), what="all work", seen=cluster.describe
    )
    shrunk.touch()
    [decision] = eventually(
        lambda: cluster.decisions(kind="consolidate"), what="it moves", seen=cluster.describe
    )
    assert "one new 2CPU-4GB of group cpu fits its work" in decision["reason"]
    [small] = [node for node in cluster.ready_workers() if node["name"] != large["name"]]
    assert small["machine"] == "2CPU-4GB"
    release.touch()
    assert cluster.job_over(job)["status"] == "SUCCEEDED", cluster.describe()
    assert f"moved from {large['name']} to {small['name']}" in cluster.job_log(job)
    cluster.press("terminate")
    cluster.comes_to("terminated")
    [gone] = [n for n in cluster.nodes(live=False) if n["name"] == large["name"]]
    assert gone["end_cause"] == "consolidated"
