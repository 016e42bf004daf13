"""What happens to local nodes that die, hide, or come too early. Ray is played by a stand-in."""

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from providers.base import (
    InvalidRequest,
    LaunchFailed,
    MachinePhase,
    ProviderError,
    RayImage,
    Throttled,
)
from providers.local.directories import ClusterDirectory
from providers.local.driver import LocalDriver
from providers.local.launching import KEEPER_VARIABLES
from providers.local.records import NodeRecord
from tests.providers.sites import Site, eventually, make_stand_in


def record_of(site: Site, name: str) -> NodeRecord:
    directory = ClusterDirectory.of(Path(site.arguments["path"]), site.handle)
    record = NodeRecord.read(directory.node(name))
    assert record is not None
    return record


def hidden_child(site: Site, name: str) -> psutil.Process:
    """The process that the stand-in put into a session of its own, without our environment."""

    def look() -> psutil.Process | None:
        keeper = psutil.Process(record_of(site, name).pid)
        return next((c for c in keeper.children(recursive=True) if c.name() == "sleep"), None)

    return eventually(look, "the stand-in has a child")


def test_a_ray_that_ends_by_itself_is_failed_with_its_exit_code_and_last_words(
    local: Site,
) -> None:
    head = local.head(crash=1)
    local.driver.launch(local.cluster, [head])
    seen = local.wait_for(head.name, MachinePhase.FAILED)
    assert seen.reason == "Ray ended with exit code 1.\nraylet [exit code=-9]"


def test_a_ray_killed_from_outside_is_failed_and_takes_its_children_along(local: Site) -> None:
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    child = hidden_child(local, local.head().name)
    os.kill(record_of(local, local.head().name).content["ray_pid"], signal.SIGKILL)
    seen = local.wait_for(local.head().name, MachinePhase.FAILED)
    assert seen.reason.startswith("Ray was ended by SIGKILL.")
    eventually(lambda: not child.is_running(), "the hidden child ended")


def test_a_failed_node_is_listed_until_it_is_terminated(local: Site) -> None:
    head = local.head(crash=1)
    local.driver.launch(local.cluster, [head])
    local.wait_for(head.name, MachinePhase.FAILED)
    local.driver.launch(local.cluster, [head])
    assert local.observed()[head.name].phase is MachinePhase.FAILED
    assert local.starts() == [head.name]
    local.driver.terminate(local.cluster, [head.name])
    local.wait_until_gone(head.name)


def test_a_node_whose_keeper_is_killed_is_failed_and_terminate_finds_the_rest(
    local: Site,
) -> None:
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    os.kill(record_of(local, local.head().name).pid, signal.SIGKILL)
    seen = local.wait_for(local.head().name, MachinePhase.FAILED)
    assert seen.reason.startswith("The node's processes were killed.")
    local.driver.terminate(local.cluster, [local.head().name])
    local.wait_until_gone(local.head().name)
    assert local.processes() == []


def test_a_process_in_a_session_of_its_own_ends_with_its_node(local: Site) -> None:
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    child = hidden_child(local, local.head().name)
    local.driver.terminate(local.cluster, [local.head().name])
    local.wait_until_gone(local.head().name)
    assert not child.is_running()


def test_a_node_that_ignores_sigterm_is_stopping_until_its_keeper_kills_it(local: Site) -> None:
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    ray = psutil.Process(record_of(local, local.head().name).content["ray_pid"])
    ray.suspend()  # a stopped process takes no signal but SIGKILL
    local.driver.terminate(local.cluster, [local.head().name])
    assert local.observed()[local.head().name].phase is MachinePhase.STOPPING
    local.wait_until_gone(local.head().name)
    assert local.processes() == []


def test_a_second_terminate_after_a_while_kills_at_once(local: Site) -> None:
    name = local.head().name
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(name, MachinePhase.RUNNING)
    keeper = psutil.Process(record_of(local, name).pid)
    keeper.suspend()  # so that it cannot do its duty
    local.driver.terminate(local.cluster, [name])
    assert local.observed()[name].phase is MachinePhase.STOPPING
    long_ago = time.time() - 60
    os.utime(record_of(local, name).directory.path / "ended", (long_ago, long_ago))
    local.driver.terminate(local.cluster, [name])
    local.wait_until_gone(name)
    assert local.processes() == []


def test_a_process_that_got_a_dead_keepers_id_is_left_alone(local: Site) -> None:
    local.driver.launch(local.cluster, [local.head(crash=1)])
    local.wait_for(local.head().name, MachinePhase.FAILED)
    path = record_of(local, local.head().name).directory.path / "node.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "pid": os.getpid()}))
    assert local.observed()[local.head().name].phase is MachinePhase.FAILED
    local.driver.terminate(local.cluster, [local.head().name])
    local.wait_until_gone(local.head().name)  # and this test is still alive


def test_a_worker_cannot_come_before_its_head_answers(local: Site) -> None:
    with pytest.raises(Throttled, match="head is not responding yet"):
        local.driver.launch(local.cluster, [local.worker(2)])
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    local.driver.launch(local.cluster, [local.worker(2)])
    assert set(local.observed()) == {local.head().name, local.worker(2).name}


def test_a_head_is_pending_until_it_answers(local: Site) -> None:
    local.driver.launch(local.cluster, [local.head(boot=1)])
    seen = local.observed()[local.head().name]
    assert (seen.phase, seen.endpoints) == (MachinePhase.PENDING, None)
    assert local.wait_for(local.head().name, MachinePhase.RUNNING).endpoints


def test_a_machine_without_memory_starts_no_node(local: Site) -> None:
    driver = LocalDriver(Path(local.arguments["path"]), memory_per_node=2**60)
    with pytest.raises(LaunchFailed, match=r"GiB of memory left; node .* needs"):
        driver.launch(local.cluster, [local.head()])
    assert local.starts() == []


def test_a_ray_program_that_is_missing_is_named(local: Site) -> None:
    image = RayImage(location="/nowhere/ray", ray_version="2.60.0", python_version="3.13")
    with pytest.raises(InvalidRequest, match="/nowhere/ray"):
        local.driver.launch(replace(local.cluster, image=image), [local.head()])


@pytest.mark.parametrize("name", ["elsewhere-1", "-1", "", "../x", "{handle}-", "{handle}-../x"])
def test_a_name_that_is_not_of_the_cluster_is_refused(local: Site, name: str) -> None:
    node = replace(local.head(), name=name.format(handle=local.handle))
    with pytest.raises(ProviderError, match="is not of the form"):
        local.driver.launch(local.cluster, [node])


def test_a_destroyed_cluster_leaves_only_its_tombstone(local: Site) -> None:
    directory = Path(local.arguments["path"]) / local.handle
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    ray_directory = record_of(local, local.head().name).ray_directory
    assert ray_directory.exists()
    local.driver.terminate(local.cluster, [local.head().name])
    local.wait_until_gone(local.head().name)
    local.destroy()
    assert not ray_directory.parent.exists()
    assert list(directory.rglob("*")) == [directory / "ended"]


def test_a_node_that_runs_when_its_cluster_is_destroyed_is_killed(local: Site) -> None:
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    local.destroy()
    assert local.processes() == []


def test_the_nodes_of_an_old_ray_start_one_after_the_other(local: Site, tmp_path: Path) -> None:
    image = make_stand_in(tmp_path / "old", version="2.40.0")
    cluster = replace(local.cluster, image=image)
    local.driver.launch(cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    local.driver.launch(cluster, [local.worker(n, boot=1) for n in (2, 3)])
    phases = {local.observed()[local.worker(n).name].phase for n in (2, 3)}
    assert MachinePhase.PENDING in phases
    for number in (2, 3):
        local.wait_for(local.worker(number).name, MachinePhase.RUNNING)

    log = Path(image.location).with_name("starts.jsonl")
    eventually(lambda: log.read_text().count('"end"') == 3, "all three have started")
    notes = [json.loads(line) for line in log.read_text().splitlines()]
    assert [note["what"] for note in notes] == ["begin", "end"] * 3


def test_a_node_that_waits_for_its_turn_can_be_terminated(
    local: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.local.commands.FEWEST_STARTS_AT_ONCE", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    local.driver.launch(local.cluster, [local.head(1, boot=1), local.head(2)])
    names = [local.head(number).name for number in (1, 2)]
    eventually(local.starts, "one has its turn")
    local.driver.terminate(local.cluster, names)
    for name in names:
        local.wait_until_gone(name)
    assert len(local.starts()) == 1


def test_nodes_do_not_inherit_the_settings_of_mobula(
    local: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBULA_SECRET_KEY", "do-not-tell")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3")
    local.driver.launch(local.cluster, [local.head()])
    local.wait_for(local.head().name, MachinePhase.RUNNING)
    ray = psutil.Process(record_of(local, local.head().name).content["ray_pid"])
    environment = ray.environ()
    assert "do-not-tell" not in environment.values()
    assert "RAY_ADDRESS" not in environment
    assert environment["HTTPS_PROXY"] == "http://127.0.0.1:3"
    assert environment["MOBULA_NODE"] == local.head().name
    assert environment["RAY_CLOUD_INSTANCE_ID"] == local.head().name
    keeper = psutil.Process(record_of(local, local.head().name).pid)
    assert set(keeper.environ()) - set(KEEPER_VARIABLES) == {"MOBULA_NODE", "MOBULA_NODE_DIR"}
