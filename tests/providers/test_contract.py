"""The promises that every driver keeps."""

import subprocess
import sys

import pytest

from domain.lifecycle import NodeRole
from providers.base import (
    InvalidRequest,
    MachinePhase,
    NodeSpec,
)
from tests.providers.killed.calling import called, let_go
from tests.providers.sites import Site


def test_a_launched_head_runs_and_tells_where_it_answers(any_site: Site) -> None:
    head = any_site.head()
    any_site.driver.launch(any_site.cluster, [head])
    seen = any_site.wait_for(head.name, MachinePhase.RUNNING)
    assert seen.role is NodeRole.HEAD
    assert seen.endpoints is not None
    assert seen.started_at is not None
    assert not seen.reason


def test_a_launched_node_is_observed_at_once(any_site: Site) -> None:
    any_site.driver.launch(any_site.cluster, [any_site.head()])
    assert set(any_site.observed()) == {any_site.head().name}


def test_launching_twice_changes_nothing(any_site: Site) -> None:
    head = any_site.head()
    any_site.driver.launch(any_site.cluster, [head])
    first = any_site.wait_for(head.name, MachinePhase.RUNNING)
    any_site.driver.launch(any_site.cluster, [head, head])
    assert any_site.observed() == {head.name: first}


def test_a_terminated_node_disappears_and_its_name_never_starts_again(any_site: Site) -> None:
    head = any_site.head()
    any_site.driver.launch(any_site.cluster, [head])
    any_site.driver.terminate(any_site.cluster, [head.name])
    any_site.driver.launch(any_site.cluster, [head])
    any_site.wait_until_gone(head.name)
    any_site.driver.launch(any_site.cluster, [head])
    assert any_site.observed() == {}
    assert any_site.processes() == []


def test_a_launch_that_comes_after_its_terminate_starts_nothing(any_site: Site) -> None:
    head = any_site.head()
    any_site.driver.terminate(any_site.cluster, [head.name])
    any_site.driver.launch(any_site.cluster, [head])
    assert any_site.observed() == {}
    assert any_site.processes() == []


def test_terminating_unknown_names_and_twice_is_no_error(site: Site) -> None:
    head = site.head()
    site.driver.launch(site.cluster, [head])
    unknown = f"{site.handle}-99"
    for _ in range(3):
        site.driver.terminate(site.cluster, [unknown, head.name])
    site.wait_until_gone(head.name)
    site.driver.terminate(site.cluster, [head.name])
    assert site.observed() == {}


def test_a_cluster_of_which_nothing_is_known_has_no_nodes(site: Site) -> None:
    assert site.driver.observe(site.other_cluster()) == ()


def test_only_a_prepared_cluster_can_launch(site: Site) -> None:
    other = site.other_cluster()
    node = NodeSpec(
        name=f"{other.handle}-1",
        role=NodeRole.HEAD,
        group="head",
        instance_type=site.size,
        resources={},
    )
    with pytest.raises(InvalidRequest, match="not been prepared"):
        site.driver.launch(other, [node])


def test_workers_join_a_head_that_runs(site: Site) -> None:
    site.driver.launch(site.cluster, [site.head()])
    site.wait_for(site.head().name, MachinePhase.RUNNING)
    site.driver.launch(site.cluster, [site.head(), site.worker(2), site.worker(3)])
    for number in (2, 3):
        seen = site.wait_for(f"{site.handle}-{number}", MachinePhase.RUNNING)
        assert (seen.role, seen.endpoints) == (NodeRole.WORKER, None)
    addresses = {node.address for node in site.observed().values()}
    assert len(addresses) == (1 if sys.platform == "darwin" else 3)


def test_terminating_one_node_leaves_the_others(site: Site) -> None:
    site.driver.launch(site.cluster, [site.head()])
    site.wait_for(site.head().name, MachinePhase.RUNNING)
    site.driver.launch(site.cluster, [site.worker(2), site.worker(3)])
    site.wait_for(site.worker(3).name, MachinePhase.RUNNING)
    site.driver.terminate(site.cluster, [site.worker(2).name])
    site.wait_until_gone(site.worker(2).name)
    assert {node.phase for node in site.observed().values()} == {MachinePhase.RUNNING}
    assert set(site.observed()) == {site.head().name, site.worker(3).name}


def test_another_driver_object_sees_the_same_nodes(site: Site) -> None:
    first, second = site.driver, site.driver
    first.launch(site.cluster, [site.head()])
    assert [node.name for node in second.observe(site.cluster)] == [site.head().name]


def test_a_destroyed_cluster_never_starts_a_node_again(any_site: Site) -> None:
    head = any_site.head()
    any_site.driver.launch(any_site.cluster, [head])
    any_site.driver.terminate(any_site.cluster, [head.name])
    any_site.wait_until_gone(head.name)
    any_site.destroy()
    any_site.driver.destroy(any_site.cluster)
    any_site.driver.prepare(any_site.cluster)
    any_site.driver.launch(any_site.cluster, [head, any_site.head(2)])
    assert any_site.observed() == {}
    assert any_site.processes() == []


def test_launches_by_four_processes_at_once_start_each_node_once(
    site: Site, callers: list[subprocess.Popen[str]]
) -> None:
    callers += [called(site, "launch", [site.head(1), site.head(2)]) for _ in range(4)]
    let_go(callers)
    assert [caller.wait() for caller in callers] == [0, 0, 0, 0]
    for number in (1, 2):
        site.wait_for(f"{site.handle}-{number}", MachinePhase.RUNNING)
    assert sorted(site.starts()) == [f"{site.handle}-1", f"{site.handle}-2"]


def test_a_launch_and_a_terminate_at_once_leave_nothing(
    site: Site, callers: list[subprocess.Popen[str]]
) -> None:
    for number in range(6):
        head = site.head(number)
        pair = [called(site, verb, [head]) for verb in ("launch", "terminate")]
        callers += pair
        let_go(pair)
        assert [caller.wait() for caller in pair] == [0, 0]
        site.wait_until_gone(head.name)
    assert site.processes() == []
