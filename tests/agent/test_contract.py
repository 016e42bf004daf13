"""The agent against a real Ray head and worker, with a small server playing Mobula.

MOBULA_TEST_RAY chooses another Ray than this environment's (see tests/agent/matrix.py).
"""

import json
from collections.abc import Iterator

import pytest

from agent.head.dashboard import Dashboard
from agent.node_logs.sources import DashboardFiles
from domain.promotions import archives
from domain.promotions.archives import File
from tests.agent.mobula_double import MobulaDouble
from tests.agent.real_cluster import (
    HEAD,
    MOBULA_TOKEN,
    RAY_TOKEN,
    WORKER,
    Cluster,
    agent_of,
    dashboard_request,
    death_of,
    states,
    until_json,
    version_of,
    wait_for_job,
    wait_for_node,
)
from tests.ray_nodes import ray_nodes

pytestmark = pytest.mark.ray

EXIT_SECONDS = 30
# What older versions of Ray do not do at all.
V2_STATUS, TELLS_REASONS = (2, 9), (2, 9)

BUSY = """
import time, ray
from ray.util.placement_group import placement_group
from ray.autoscaler.sdk import request_resources
ray.init()
print("at work")
request_resources(bundles=[{"CPU": 1}] * 3)
gang = placement_group([{"CPU": 1}, {"CPU": 1}, {"CPU": 1}], strategy="STRICT_SPREAD")
nap = ray.remote(num_cpus=2)(lambda: time.sleep(600))
ray.get([nap.remote() for _ in range(4)])
"""
CHATTY = "print('\\u00e9' * 60_000); print('the end')"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """The cluster all tests here share; the agent is started first, as for a click."""
    with (
        ray_nodes("agent", token=RAY_TOKEN) as nodes,
        MobulaDouble(token=MOBULA_TOKEN) as mobula,
        agent_of(nodes, mobula, "agent") as agent,
    ):
        nodes.start_head(HEAD)
        wait_for_node(mobula, nodes, HEAD)
        nodes.start_worker(WORKER, cpus=2, group="workers")
        wait_for_node(mobula, nodes, WORKER)
        yield Cluster(nodes, mobula, agent)


def test_the_first_sync_shows_the_head_alive(cluster: Cluster) -> None:
    first = cluster.mobula.syncs[0]
    assert (first["protocol"], first["cluster"], first["run"], first["seq"]) == (1, "c1", 1, 1)
    assert first["healthy"]
    assert first["session"].startswith("session_")
    assert [(node["node"], node["group"]) for node in first["nodes"]] == [(HEAD, "head")]


def test_the_worker_is_told_with_its_resources(cluster: Cluster) -> None:
    sync = cluster.mobula.sync(lambda sync: WORKER in states(sync), "the worker")
    (worker,) = (node for node in sync["nodes"] if node["node"] == WORKER)
    assert (worker["group"], worker["total"]["CPU"]) == ("workers", 2.0)
    assert worker["address"].startswith("127.")


def test_actors_are_counted_on_each_node(cluster: Cluster) -> None:
    def counted(sync: dict[str, object]) -> bool:
        return {node["node"]: node["actors"] for node in sync["nodes"]}.get(WORKER) == 0  # type: ignore[attr-defined,index]

    cluster.mobula.sync(counted, "that the worker has no actors")


def test_each_node_is_sampled_by_its_own_processes(cluster: Cluster) -> None:
    samples = cluster.mobula.samples
    for node in (HEAD, WORKER):
        cluster.mobula.until(lambda node=node: node in {n for n, _ in samples}, f"use of {node}")
        (sample, *_) = (s for (name, _), s in samples.items() if name == node)
        assert sample["cpu_cores"] is not None
        assert 20_000_000 < sample["memory_bytes"] < 8_000_000_000
        assert sample["object_store_capacity"] >= 75_000_000
        assert sample["net_in_bps"] is None


def test_a_busy_cluster_tells_its_demand_and_refuses_an_idle_drain(cluster: Cluster) -> None:
    cluster.submit("busy", BUSY)
    waiting = {"resources": {"CPU": 2.0}, "count": 3, "selectors": [], "fallbacks": []}
    mobula = cluster.mobula
    sync = mobula.sync(lambda sync: waiting in sync["demand"]["shapes"], "three waiting tasks")
    assert states(sync)[WORKER] == "RUNNING"
    sync = mobula.sync(lambda sync: sync["demand"]["gangs"], "the placement group")
    (gang,) = sync["demand"]["gangs"]
    assert gang["strategy"] == "STRICT_SPREAD"
    assert [bundle["resources"] for bundle in gang["bundles"]] == [{"CPU": 1.0}] * 3
    mobula.sync(
        lambda sync: (
            [(r["resources"], r["count"]) for r in sync["demand"]["standing_requests"]]
            == [({"CPU": 1.0}, 3)]
        ),
        "the requested resources",
    )
    mobula.sync(lambda sync: sync["drivers"] == 1, "one driver")

    refused = cluster.drain(WORKER, reason="idle", message="decision 1", deadline_seconds=0)
    assert not refused["ok"]
    assert "no longer idle" in refused["message"]

    mobula.until(lambda: "at work" in mobula.logs.get("busy", ""), "the log of a running job")
    mobula.order("stop", "stop_job", submission_id="busy")
    assert mobula.result("stop")["ok"]
    assert cluster.job_ends("busy")["status"] == "STOPPED"
    mobula.order("standing", "clear_standing_requests")
    assert mobula.result("standing")["ok"]
    mobula.next_sync(lambda sync: not any(sync["demand"].values()), "no demand")


def test_logs_of_a_node_come_while_somebody_reads_them(cluster: Cluster) -> None:
    mobula = cluster.mobula
    mobula.read_nodes = [WORKER]
    try:
        mobula.until(
            lambda: mobula.node_logs.get((WORKER, "raylet.out")), "the worker's raylet.out"
        )
    finally:
        mobula.read_nodes = []
    assert "raylet" in mobula.node_logs[WORKER, "raylet.out"]


def test_rays_log_service_has_the_same_files(cluster: Cluster) -> None:
    sync = cluster.mobula.syncs[-1]
    (worker,) = (node for node in sync["nodes"] if node["node"] == WORKER)
    dashboard = Dashboard(cluster.nodes.dashboard_url, token=RAY_TOKEN)
    files = DashboardFiles(dashboard)
    assert "raylet.out" in files.files(worker)
    begin, chunk = files.read(worker, "raylet.out", 0)
    assert begin == 0
    assert b"(raylet)" in chunk


def test_a_job_submitted_twice_runs_once(cluster: Cluster) -> None:
    script = "import os; print(os.environ['GREETING'])"
    cluster.submit("greeting", script)
    cluster.mobula.order(
        "again", "submit_job", submission_id="greeting", entrypoint="python work.py", files={}
    )
    again = cluster.mobula.result("again")
    assert again["ok"]
    assert "before" in again["message"]
    job = cluster.job_ends("greeting")
    assert (job["status"], job["metadata"]) == ("SUCCEEDED", {"by": "tests"})
    assert job["started_at"] < job["ended_at"]
    cluster.mobula.until(lambda: "hello" in cluster.mobula.logs["greeting"], "the greeting")


def test_a_job_runs_in_a_package_that_came_in_pieces(cluster: Cluster) -> None:
    files = [
        File(path="work.py", content=b"import beside; print(beside.WORDS)"),
        File(path="beside.py", content=b"WORDS = 'from a package'"),
    ]
    packed = archives.packed(files)
    digest = archives.digest(packed)
    mobula = cluster.mobula
    mobula.packages[digest], mobula.piece_bytes = packed, 100
    mobula.order(
        "in a package", "submit_job", submission_id="packed", entrypoint="python work.py",
        package={"digest": digest, "size": len(packed)},
    )  # fmt: skip
    result = mobula.result("in a package")
    assert result["ok"], result["message"]
    assert cluster.job_ends("packed")["status"] == "SUCCEEDED"
    mobula.until(lambda: "from a package" in mobula.logs["packed"], "what it printed")


def test_nothing_is_lost_while_mobula_is_away(cluster: Cluster) -> None:
    mobula = cluster.mobula
    cluster.submit("chatty", CHATTY)
    with mobula.away():
        away_from = mobula.syncs[-1]["sent_at"]
        wait_for_job(cluster.nodes, "chatty")
    assert cluster.job_ends("chatty")["status"] == "SUCCEEDED"
    mobula.until(lambda: "the end" in mobula.logs["chatty"], "the whole log")
    assert mobula.logs["chatty"].count("é") == 60_000
    back_at = next(sync["sent_at"] for sync in mobula.syncs if sync["sent_at"] > away_from)
    mobula.until(
        lambda: any(away_from - 5 < at < back_at for _, at in mobula.samples), "samples of then"
    )
    assert cluster.agent.poll() is None


def test_nodes_that_are_coming_show_in_rays_own_status(cluster: Cluster) -> None:
    cluster.mobula.order(
        "report", "report_state",
        pending=[{"group": "gpu-group", "count": 2}],
        failed=[{"group": "spot-group", "count": 1, "reason": "No capacity."}],
    )  # fmt: skip
    result = cluster.mobula.result("report")
    assert result["ok"], result["message"]
    if version_of(cluster.mobula.syncs[-1]) >= V2_STATUS:
        status = dashboard_request(cluster.nodes, "/api/cluster_status?format=1")
        until_json(status, lambda answer: "gpu-group" in json.dumps(answer))


def test_an_unknown_job_cannot_be_stopped(cluster: Cluster) -> None:
    cluster.mobula.order("stop none", "stop_job", submission_id="none")
    result = cluster.mobula.result("stop none")
    assert (result["ok"], "none" in result["message"]) == (False, True)


def test_once_prints_what_a_sync_would_hold(cluster: Cluster) -> None:
    with agent_of(cluster.nodes, cluster.mobula, "once", "--once") as agent:
        printed, _ = agent.communicate(timeout=EXIT_SECONDS)
    body = json.loads(printed)
    assert set(states(body)) == {HEAD, WORKER}
    assert {sample["node"] for sample in body["samples"]} == {HEAD, WORKER}
    assert agent.returncode == 0


@pytest.mark.parametrize(("code", "exit_code"), [(410, 0), (401, 3), (403, 3)])
def test_an_agent_that_is_refused_ends(cluster: Cluster, code: int, exit_code: int) -> None:
    with MobulaDouble(token=MOBULA_TOKEN) as other:
        other.answer_code = code
        with agent_of(cluster.nodes, other, f"refused-{code}") as agent:
            assert agent.wait(EXIT_SECONDS) == exit_code
    log = (cluster.nodes.root / f"refused-{code}.log").read_text()
    assert str(code) in log
    assert MOBULA_TOKEN not in log


def test_an_idle_node_is_drained_and_its_death_explained(cluster: Cluster) -> None:
    mobula = cluster.mobula
    mobula.next_sync(lambda sync: states(sync).get(WORKER) == "IDLE", "an idle worker")
    drained = cluster.drain(WORKER, reason="idle", message="decision 42", deadline_seconds=0)
    assert drained["ok"], drained["message"]
    sync = mobula.sync(lambda sync: death_of(sync, WORKER), "the worker's death")
    assert WORKER not in states(sync)
    if version_of(sync) >= TELLS_REASONS:
        mobula.sync(lambda sync: "decision 42" in (death_of(sync, WORKER) or ""), "Ray's reason")


def test_a_dead_head_is_told_at_once(cluster: Cluster) -> None:
    # The last test: it ends the cluster that they share.
    cluster.nodes.kill(HEAD)
    sync = cluster.mobula.next_sync(lambda sync: not sync["healthy"], "a silent head")
    assert cluster.nodes.gcs_address in sync["errors"][0]
    assert HEAD in states(sync)
