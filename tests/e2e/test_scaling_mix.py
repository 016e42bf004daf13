"""Mixed work on real Ray nodes: the planned machines come, at the least price, and go again."""

from __future__ import annotations

import html
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import books
from tests.e2e.cluster import DrivenCluster
from tests.e2e.offline import planned
from tests.e2e.processes import live_nodes
from tests.e2e.stack import Console, Row, plan_failures
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.ray

# The dear group stands first: only its price keeps it from being taken.
TEXT = """\
cloud: local
head_node:
  instance_type: 1CPU-2GB
  resources:
    CPU: 0
worker_nodes:
  - name: dear
    instance_type: 8CPU-32GB
    max_nodes: 3
  - name: small
    instance_type: 2CPU-4GB
    resources:
      disk: 1
    min_nodes: 1
    max_nodes: 4
  - name: large
    instance_type: 4CPU-8GB
    max_nodes: 3
  - name: gpu
    instance_type: 4CPU-16GB-1GPU
    resources:
      CPU: 0
    max_nodes: 1
mobula:
  worker_idle_seconds: 5
  scaling:
    consolidation: off
  groups:
    small:
      fallback_types: [2CPU-8GB]
      consolidation: act
"""

# What is full already counts for nothing.
BESIDE = TEXT.replace("min_nodes: 1", "min_nodes: 0")
MIXED, HALVES = (Path(__file__).parent / "work" / f"{name}.py" for name in ("mixed", "half"))


@pytest.fixture(scope="module")
def mix(mobula: Console) -> DrivenCluster:
    """The running cluster that the tests, in their order, give their work to."""
    cluster = mobula.launch("mix", version=mobula.make_template("mix", TEXT))
    cluster.comes_to("running")
    cluster.has_workers(1)
    return cluster


@pytest.fixture(scope="module")
def release(mobula: Console) -> Path:
    """The file whose coming ends the long actor."""
    return mobula.shared / "release"


@pytest.fixture(scope="module")
def job(mix: DrivenCluster, release: Path) -> Row:
    """The mixed job, submitted."""
    return mix.submit(f"python {mix.console.share(MIXED)} --until {release}")


def test_the_cluster_grows_as_planned_by_the_cheapest_machines(
    mix: DrivenCluster, job: Row
) -> None:
    first = demand_of(mix, asks={"actor": 1, "gpu": 2, "bundles": 2})
    at_first = planned(TEXT, first)
    burst = demand_of(mix, asks={"burst": 8})
    then = planned(BESIDE, burst)
    assert at_first.waits == ["group gpu is at its maximum of 1"]
    assert then.waits == []
    placed_by(mix, job)
    came = [node for node in mix.nodes(role="worker", live=False) if node["ready_at"]]
    assert usd_of(came) == at_first.hourly_usd + then.hourly_usd, mix.describe()
    assert machines(came) >= at_first.machines
    assert {node["group_name"] for node in came} == {"small", "large", "gpu"}


def test_no_task_is_lost_and_each_ran_where_it_may(mix: DrivenCluster, job: Row) -> None:
    ran = placed_by(mix, job)
    assert {kind: len(nodes) for kind, nodes in ran.items()} == {
        "actor": 1,
        "gpu": 2,
        "spread": 2,
        "burst": 8,
    }
    groups = {node["name"]: node["group_name"] for node in mix.nodes(live=False)}
    assert {groups[node] for node in ran["gpu"]} == {"gpu"}
    assert groups[ran["actor"][0]] == "large"
    assert [groups[node] for node in ran["spread"]] == ["small", "small"]
    assert len(set(ran["spread"])) == 2


def test_idle_nodes_go_and_that_of_the_actor_stays_while_it_lives(
    mix: DrivenCluster, job: Row, release: Path
) -> None:
    home = placed_by(mix, job)["actor"][0]
    comes_to_be(mix, {("small", "2CPU-4GB"): 1, ("large", "4CPU-8GB"): 1})
    assert home in {node["name"] for node in mix.ready_workers()}
    release.touch()
    assert mix.job_over(job)["status"] == "SUCCEEDED"
    assert f"the actor is still on {home}" in mix.job_log(job)
    comes_to_be(mix, {("small", "2CPU-4GB"): 1})
    gone = [node for node in mix.nodes(role="worker", live=False) if node["ended_at"]]
    assert {node["end_cause"] for node in gone if node["ready_at"]} == {"idle"}


@pytest.fixture(scope="module")
def emptied(mobula: Console) -> Path:
    """The file whose coming ends the tasks that keep two nodes half busy."""
    return mobula.shared / "emptied"


@pytest.fixture(scope="module")
def halves(mobula: Console, mix: DrivenCluster, emptied: Path) -> Row:
    """The job that needs a second small node while the type of the first is sold out."""
    sold_out = {"instance_type": "2CPU-4GB", "message": "Sold out."}
    plan_failures(mobula, failures=[sold_out])
    return mix.submit(f"python {mix.console.share(HALVES)} --until {emptied}")


def test_what_cannot_be_had_cools_down_on_the_page_and_a_fallback_serves(
    mobula: Console, mix: DrivenCluster, halves: Row
) -> None:
    comes_to_be(mix, {("small", "2CPU-4GB"): 1, ("small", "2CPU-8GB"): 1})
    (fallback,) = (node for node in mix.nodes(role="worker") if node["machine"] == "2CPU-8GB")
    # Its zone is the cluster's: one that has another of the group's types is not left.
    query = "SELECT * FROM clusters_cooldown WHERE instance_type = '2CPU-4GB'"
    (cold,) = mobula.rows(query)
    assert cold["zone"] == fallback["zone"]
    page = scaling_page(mix)
    assert f">{cold['until']:%H:%M} UTC</time>" in page
    assert "capacity: Sold out." in page


def test_two_half_empty_nodes_become_one_and_no_task_is_lost(
    mix: DrivenCluster, halves: Row, emptied: Path
) -> None:
    (decision,) = eventually(
        lambda: mix.decisions(kind="consolidate"), what="it consolidates", seen=mix.describe
    )
    assert "can be removed: its work fits on the other nodes" in decision["reason"]
    assert decision["reason"] in scaling_page(mix)
    # Only once Ray knows does it put nothing there any more.
    query = """SELECT node.* FROM clusters_command AS command
        JOIN clusters_node AS node ON node.id = command.node_id
        WHERE node.decision_id = %s AND command.kind = 'drain' AND command.ok"""
    (going,) = eventually(
        lambda: mix.console.rows(query, decision["id"]), what="Ray drains it", seen=mix.describe
    )
    emptied.touch()
    assert mix.job_over(halves)["status"] == "SUCCEEDED", mix.describe()
    ran = placed_by(mix, halves)
    assert len(set(ran["halves"])) == 2
    assert going["name"] in ran["halves"]
    mix.has_workers(1)
    (left,) = mix.ready_workers()
    assert ran["after"] == [left["name"]] * 2
    (gone,) = (node for node in mix.nodes(live=False) if node["name"] == going["name"])
    assert gone["end_cause"] == "consolidated"


def test_the_ledger_has_each_machine_at_its_own_price(mobula: Console, mix: DrivenCluster) -> None:
    mix.press("terminate")
    mix.comes_to("terminated")
    books.post_ledger(mobula)
    assert books.wrong_entries(mobula, final=True) == []
    query = "SELECT node, hourly_microusd FROM metering_interval WHERE cluster_id = %s"
    charged = {row["node"]: row["hourly_microusd"] for row in mobula.rows(query, mix.id)}
    prices = {n["machine"]: charged[n["name"]] for n in mix.nodes(live=False) if n["ready_at"]}
    assert prices == {
        "1CPU-2GB": 42_000,
        "2CPU-4GB": 84_000,
        "2CPU-8GB": 102_000,
        "4CPU-8GB": 168_000,
        "4CPU-16GB-1GPU": 1_154_000,
    }
    assert live_nodes(mobula.home.path) == set()


def demand_of(cluster: DrivenCluster, *, asks: dict[str, int]) -> dict[str, Any]:
    """Return what Ray waits for, once it is all of this."""
    told: dict[str, Any] = {}

    def complete() -> bool:
        told.clear()
        told.update(cluster.row["demand"])
        return counted(told) == Counter(asks)

    def seen() -> str:
        return f"{told}\n{cluster.describe()}"

    eventually(complete, what=f"Ray waits for {asks}", seen=seen)
    return told


def counted(demand: dict[str, Any]) -> Counter[str]:
    """Return how many of the mixed work wait, by what they are."""
    names = {("CPU", 4.0): "actor", ("GPU", 1.0): "gpu", ("CPU", 0.5): "burst"}
    waiting = Counter[str]()
    for shape in demand.get("shapes", ()):
        for item in shape["resources"].items():
            if item in names:
                waiting[names[item]] += shape["count"]
    for gang in demand.get("gangs", ()):
        waiting["bundles"] += len(gang["bundles"])
    return waiting


def placed_by(cluster: DrivenCluster, job: Row) -> dict[str, list[str]]:
    """Return the nodes on which the mixed work ran, once all of it did."""

    def line() -> str:
        lines = cluster.job_log(job).splitlines()
        return next((one for one in lines if one.startswith("placed ")), "")

    found = eventually(line, what="all of the work has run", seen=cluster.describe)
    return dict(json.loads(found.removeprefix("placed ")))


def scaling_page(cluster: DrivenCluster) -> str:
    """Return the Scaling page as a person reads it."""
    return html.unescape(cluster.console.http.get(f"/clusters/{cluster.id}/?tab=scaling").text)


def machines(nodes: list[Row]) -> Counter[tuple[str, str]]:
    """Return the nodes by group and type."""
    return Counter((node["group_name"], node["machine"]) for node in nodes)


def usd_of(nodes: list[Row]) -> Decimal:
    return sum((Decimal(node["hourly_microusd"]) for node in nodes), Decimal(0)) / 1_000_000


def comes_to_be(cluster: DrivenCluster, wanted: dict[tuple[str, str], int]) -> None:
    """Wait until the live workers are these, all of them ready."""

    def as_wished() -> bool:
        nodes = cluster.nodes(role="worker")
        return machines(nodes) == wanted and {node["state"] for node in nodes} == {"ready"}

    eventually(as_wished, what=f"the workers are {wanted}", seen=cluster.describe)
