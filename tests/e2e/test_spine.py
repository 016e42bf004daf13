"""The spine with real processes: from the launch form to real Ray nodes, and to what they cost."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.local import accounts
from tests.e2e import attack, books
from tests.e2e.cluster import DrivenCluster
from tests.e2e.processes import GCS, RAYLET, live_nodes, program_of, raylets
from tests.e2e.stack import Console
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.ray

TEXT = """\
cloud: local
head_node:
  instance_type: 2CPU-4GB
  resources:
    CPU: 0
worker_nodes:
  - name: small
    instance_type: 2CPU-4GB
    min_nodes: 0
    max_nodes: 2
mobula:
  worker_idle_seconds: 5
"""
LONELY = """\
cloud: local
head_node:
  instance_type: 1CPU-2GB
mobula:
  idle_minutes: 1
"""
WORK = Path(__file__).parent / "work"
# A line of each log of a node that is shown on its page.
FOLLOWED = {"raylet.out": "(raylet)", "start.log": "Ray runtime started"}
NOTICED_WITHIN = timedelta(seconds=10)


@pytest.fixture(scope="module")
def lonely(mobula: Console) -> DrivenCluster:
    """A cluster that nobody gives work: it ends by itself while the other tests run."""
    return mobula.launch("lonely", version=mobula.make_template("lonely", LONELY))


@pytest.fixture(scope="module")
def train(mobula: Console, lonely: DrivenCluster) -> Iterator[DrivenCluster]:
    """The running cluster that the tests, in their order, take through its life."""
    cluster = mobula.launch("train", version=mobula.make_template("train", TEXT))
    cluster.comes_to("running")
    return cluster


def test_a_job_gets_at_nothing_of_the_installation_nor_of_another_cluster(
    mobula: Console, train: DrivenCluster, lonely: DrivenCluster
) -> None:
    as_root = accounts.are_needed()  # an ordinary user's jobs are that user
    eventually(lambda: lonely.state in {"running", "starting"}, what="there is another cluster")
    aims = attack.targets(mobula, lonely)
    assert len(aims["processes"]) > len(mobula.programs()) + 1
    program = mobula.share(WORK / "attack.py")
    (mobula.shared / "targets.json").write_text(json.dumps(aims))
    job = train.job_over(train.submit(f"python {program} {mobula.shared / 'targets.json'}"))
    assert job["status"] == "SUCCEEDED", train.job_log(job)
    result = attack.result(train.job_log(job))
    assert result["told"] == []
    assert mobula.home.secret_key() not in attack.command_lines()
    assert stat.S_IMODE(mobula.home.path.stat().st_mode) == 0o700
    if as_root:
        assert result["got"] == []
        assert result["tried"] > 7 * len(aims["processes"])
        assert result["privileges"] == []
        mine, other = (account_of(mobula, cluster) for cluster in (train, lonely))
        assert result["uid"] == mine != other
        assert set(result["groups"]) == {mine}


def account_of(mobula: Console, cluster: DrivenCluster) -> int:
    account = accounts.account_of(mobula.home.path / "local" / str(cluster.row["handle"]))
    assert account
    return account.uid


def test_work_brings_workers_up_and_all_four_workloads_succeed(train: DrivenCluster) -> None:
    jobs = [
        train.run_workload("placement_group", bundles=2, cpus=1, seconds=0),
        train.run_workload("cpu_tasks", tasks=4, cpus=1, seconds=1),
        train.run_workload("actors", actors=2, cpus=1, seconds=1),
        train.run_workload("object_store", objects=2, mib=8, seconds=0),
    ]
    ended = [train.job_over(job) for job in jobs]
    assert [job["status"] for job in ended] == ["SUCCEEDED"] * 4, train.describe()
    assert "2 actors are up" in train.job_log(jobs[2])
    # The placement group needs two nodes at once: both had to come.
    assert len(train.nodes(role="worker", live=False)) >= 2
    assert all(decision["reason"] for decision in train.decisions(kind="launch"))


def test_idle_workers_are_drained_through_ray_and_leave(
    mobula: Console, train: DrivenCluster
) -> None:
    train.has_workers(0)
    # Ray gives up a node that a busy machine did not start in time; another took its place.
    workers = [node for node in train.nodes(role="worker", live=False) if node["ready_at"]]
    assert {worker["end_cause"] for worker in workers} == {"idle"}
    assert all(worker["draining_at"] for worker in workers)
    eventually(lambda: not set(names(workers)) & live_nodes(mobula.home.path), what="they are gone")


def test_a_resized_group_follows_its_minimum(train: DrivenCluster) -> None:
    page = train.resize("small", least=1, most=2)
    assert "resized to 1–2 nodes" in page.text
    train.has_workers(1)


def test_a_raylet_killed_from_outside_is_noticed_and_replaced(
    mobula: Console, train: DrivenCluster
) -> None:
    victim = train.ready_workers()[0]["name"]
    log_page = f"/clusters/{train.id}/nodes/{victim}/log/"
    assert mobula.post(f"{log_page}follow/").status_code == 204
    for file, line in FOLLOWED.items():
        eventually(lambda f=file, s=line: s in log_of(mobula, log_page, f), what=f"{file} comes")
    raylet = program_of(mobula.home.path, victim, program=RAYLET)
    killed_at = datetime.now().astimezone()
    raylet.kill()
    eventually(lambda: left(train, victim), what=f"{victim} leaves", seen=train.describe)
    noticed = next(e for e in train.events() if e["node_name"] == victim and is_leaving(e))
    assert noticed["at"] - killed_at <= NOTICED_WITHIN
    assert (noticed["kind"], noticed["severity"]) == ("node.lost", "error")
    assert noticed["message"]
    for file, line in FOLLOWED.items():
        assert line in log_of(mobula, log_page, file)
    train.has_workers(1)
    assert train.ready_workers()[0]["name"] != victim


def test_a_stopped_cluster_starts_again_with_new_machines(
    mobula: Console, train: DrivenCluster
) -> None:
    before = names(train.nodes(live=False))
    train.press("stop")
    train.comes_to("stopped")
    assert not set(before) & live_nodes(mobula.home.path)
    train.press("start")
    train.comes_to("running")
    train.has_workers(1)
    assert not set(before) & set(names(train.nodes()))
    assert all(count == 1 for count in raylets(mobula.home.path).values())


def test_a_killed_head_fails_the_cluster_and_its_workers_go(
    mobula: Console, train: DrivenCluster
) -> None:
    head = train.nodes(role="head")[0]["name"]
    program_of(mobula.home.path, head, program=GCS).kill()
    train.comes_to("failed")
    assert failure(train)["fields"]["cause"] == "lost"
    eventually(lambda: not train.nodes(), what="no node is left", seen=train.describe)
    mine = {node["name"] for node in train.nodes(live=False)}
    eventually(lambda: not mine & live_nodes(mobula.home.path), what="no process is left")


def test_a_failed_cluster_can_be_terminated_and_keeps_its_jobs_and_logs(
    train: DrivenCluster,
) -> None:
    train.press("terminate")
    train.comes_to("terminated")
    jobs = train.jobs()
    assert len(jobs) == 5
    assert "tasks done in" in next(
        train.job_log(job) for job in jobs if "cpu-tasks" in job["submission_id"]
    )


def test_a_cluster_without_work_ends_by_itself(lonely: DrivenCluster) -> None:
    lonely.comes_to("terminated")
    ended = next(event for event in lonely.events() if event["to_state"] == "terminating")
    assert ended["fields"]["idle_minutes"] == 1


def test_the_ledger_is_whole_and_no_process_is_left(
    mobula: Console, train: DrivenCluster, lonely: DrivenCluster
) -> None:
    books.post_ledger(mobula)
    assert books.wrong_entries(mobula, final=True) == []
    assert books.total_microusd(mobula, train.id) > books.total_microusd(mobula, lonely.id) > 0
    assert live_nodes(mobula.home.path) == set()


def log_of(mobula: Console, page: str, file: str) -> str:
    return mobula.http.get(f"{page}text/", params={"file": file}).text


def names(nodes: list[dict[str, object]]) -> list[str]:
    return [str(node["name"]) for node in nodes]


def is_leaving(event: dict[str, object]) -> bool:
    return event["to_state"] in {"terminating", "terminated"}


def left(cluster: DrivenCluster, node: str) -> bool:
    return any(e["node_name"] == node and is_leaving(e) for e in cluster.events())


def failure(cluster: DrivenCluster) -> dict[str, Any]:
    return next(event for event in cluster.events() if event["to_state"] == "failed")
