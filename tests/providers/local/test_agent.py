"""The agent beside a head: started with it, restarted when it dies or is told something new."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.offerings import ProviderKind
from providers.base import Account, AgentAccess, ClusterRef, MachinePhase
from providers.local.accounts import are_needed
from providers.local.directories import ClusterDirectory
from providers.local.driver import LocalDriver
from providers.local.records import NodeRecord
from providers.registry import open_driver
from tests.providers.sites import Site, eventually, python_of

SOURCE = Path(__file__).parents[1] / "stand_in_agent.py"


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    return Path(shutil.copy(SOURCE, tmp_path / "agent.py"))


@pytest.fixture
def driver(local: Site, agent: Path) -> LocalDriver:
    return LocalDriver(Path(local.arguments["path"]), agent=agent, memory_per_node=0)


@pytest.fixture
def cluster(local: Site) -> ClusterRef:
    access = AgentAccess(url="http://127.0.0.1:1", cluster_id="7", run=2, token="call home")
    return replace(local.cluster, ray_token="for ray", agent=access)


def log_of(site: Site) -> Path:
    """Where the agent, in the head's Ray directory, takes its notes."""
    directory = ClusterDirectory.of(Path(site.arguments["path"]).resolve(), site.handle)
    record = NodeRecord.read(directory.node(site.head().name))
    assert record
    return record.ray_directory / "agents.jsonl"


def notes(site: Site, *, at_least: int) -> list[dict[str, Any]]:
    log = log_of(site)

    def look() -> list[dict[str, Any]] | None:
        lines = log.read_text().splitlines() if log.exists() else []
        return [json.loads(line) for line in lines] if len(lines) >= at_least else None

    return eventually(look, f"{at_least} starts of the agent")


def test_the_agent_gets_what_it_needs_in_a_file_for_its_owner_only(
    driver: LocalDriver, cluster: ClusterRef, local: Site, agent: Path
) -> None:
    driver.launch(cluster, [local.head()])
    (note,) = notes(local, at_least=1)
    endpoints = local.wait_for(local.head().name, MachinePhase.RUNNING).endpoints
    assert endpoints
    assert note["mode"] == ("0o640" if are_needed() else "0o600")  # the group is the cluster's own
    assert note["python"] == python_of(local.image)
    assert note["config"] == {
        "url": "http://127.0.0.1:1",
        "cluster": "7",
        "run": 2,
        "token": "call home",
        "gcs_address": endpoints.gcs_address,
        "dashboard_url": endpoints.dashboard_url,
        "ray_token": "for ray",
        "shared_host": True,
        "node_dirs": note["config"]["node_dirs"],
        "workspace": None,
    }
    assert (Path(note["config"]["node_dirs"]) / local.head().name).is_dir()


def test_an_agent_that_dies_is_started_again(
    driver: LocalDriver, cluster: ClusterRef, local: Site, agent: Path
) -> None:
    driver.launch(cluster, [local.head()])
    first = notes(local, at_least=1)[0]
    os.kill(first["pid"], signal.SIGKILL)
    second = notes(local, at_least=2)[1]
    assert second["pid"] != first["pid"]
    assert second["config"] == first["config"]


def test_a_changed_address_of_mobula_reaches_the_agent_with_the_next_launch(
    driver: LocalDriver, cluster: ClusterRef, local: Site, agent: Path
) -> None:
    driver.launch(cluster, [local.head()])
    notes(local, at_least=1)
    driver.launch(cluster, [local.head()])
    assert cluster.agent
    moved = replace(cluster, agent=replace(cluster.agent, url="http://127.0.0.1:2"))
    driver.launch(moved, [local.head()])
    first, second = notes(local, at_least=2)
    assert (first["config"]["url"], second["config"]["url"]) == (
        "http://127.0.0.1:1",
        "http://127.0.0.1:2",
    )
    assert local.starts() == [local.head().name]


def test_the_agent_ends_with_its_head(
    driver: LocalDriver, cluster: ClusterRef, local: Site, agent: Path
) -> None:
    driver.launch(cluster, [local.head()])
    notes(local, at_least=1)
    driver.terminate(cluster, [local.head().name])
    local.wait_until_gone(local.head().name)
    assert local.processes() == []


def test_a_worker_has_no_agent(
    driver: LocalDriver, cluster: ClusterRef, local: Site, agent: Path
) -> None:
    driver.launch(cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    driver.launch(cluster, [local.worker(2)])
    local.wait_for(local.worker(2).name, MachinePhase.RUNNING)
    assert len(notes(local, at_least=1)) == 1


def test_a_cluster_without_access_to_mobula_has_no_agent(
    driver: LocalDriver, local: Site, agent: Path
) -> None:
    driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    assert not log_of(local).exists()


def test_the_drivers_own_agent_is_one_file_that_the_heads_python_can_run(tmp_path: Path) -> None:
    driver = open_driver(Account(kind=ProviderKind.LOCAL, id="1", home=tmp_path))
    assert isinstance(driver, LocalDriver)
    assert driver.agent
    ran = subprocess.run(
        [sys.executable, driver.agent, "--help"],
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    )
    assert "config" in ran.stdout
