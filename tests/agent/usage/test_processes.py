"""What a node uses is the sum over its own processes; what is unknown stays unknown."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.usage.hosts import usage_of_host
from agent.usage.processes import (
    NODE_VARIABLE,
    ProcessMeter,
    ProcessReading,
    ProcessTable,
    Usage,
    directory_bytes,
    usage_between,
)


def test_cores_are_the_growth_of_cpu_seconds_over_time() -> None:
    before = {(1, 0.0): ProcessReading("w1", 10.0, 0, 100, 0)}
    after = {
        (1, 0.0): ProcessReading("w1", 12.0, 500, 600, 50),
        (2, 9.0): ProcessReading("w1", 3.0, 700, 0, 0),
        (3, 0.0): ProcessReading("w2", 0.0, 1, 0, 0),
    }
    used = usage_between(before, after, seconds=5.0)
    assert used["w1"] == Usage(
        cpu_cores=1.0, memory_bytes=1200, disk_read_bps=100.0, disk_write_bps=10.0
    )
    assert used["w2"].cpu_cores == 0.0


def test_a_pid_that_is_used_again_counts_as_a_new_process() -> None:
    before = {(1, 0.0): ProcessReading("w1", 100.0, 0, 0, 0)}
    after = {(1, 8.0): ProcessReading("w1", 2.0, 0, 0, 0)}
    assert usage_between(before, after, seconds=4.0)["w1"].cpu_cores == 0.5


@pytest.fixture
def node_process() -> Iterator[subprocess.Popen[bytes]]:
    """A process of node w1 whose child does not carry the node's name."""
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], env={}, stdin=sys.stdin)\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, NODE_VARIABLE: f"w1-{os.getpid()}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    yield process
    process.communicate(b"\n")


def test_processes_belong_to_the_node_of_their_parent(
    node_process: subprocess.Popen[bytes],
) -> None:
    assert node_process.stdout is not None
    child = int(node_process.stdout.readline())
    table = ProcessTable()
    for _ in range(2):
        readings = table.read()
        mine = {pid for (pid, _), r in readings.items() if r.node == f"w1-{os.getpid()}"}
        assert mine == {node_process.pid, child}


def test_a_meter_knows_nothing_before_its_second_look(
    node_process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert node_process.stdout is not None
    node_process.stdout.readline()
    name = f"w1-{os.getpid()}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "log").write_bytes(b"12345")
    meter = ProcessMeter(str(tmp_path))
    nodes = [{"node": name}, {"node": "elsewhere"}]
    assert meter.measure(nodes) == {}
    used = meter.measure(nodes)
    assert set(used) == {name}
    assert used[name].memory_bytes
    assert used[name].disk_bytes == 5
    assert used[name].net_in_bps is None


def test_a_directory_that_is_not_there_has_no_size(tmp_path: Path) -> None:
    assert directory_bytes(tmp_path) == 0
    assert directory_bytes(tmp_path / "gone") is None


def test_a_host_of_its_own_is_told_as_ray_measured_it() -> None:
    host = {
        "cpu": 25.0, "cpus": [8, 4], "mem": [100, 40, 60.0, 60],
        "disk": {"/": {"total": 10, "used": 7}}, "diskIoSpeed": [1.0, 2.0, 0.0, 0.0],
        "networkSpeed": [3.0, 4.0],
        "gpus": [
            {"utilizationGpu": 50, "memoryUsed": 2}, {"utilizationGpu": None, "memoryUsed": 3},
        ],
    }  # fmt: skip
    assert usage_of_host(host) == Usage(
        cpu_cores=2.0, memory_bytes=60, gpu_used=0.5, gpu_memory_bytes=5 * 1024 * 1024,
        disk_bytes=7, disk_read_bps=1.0, disk_write_bps=2.0, net_in_bps=4.0, net_out_bps=3.0,
    )  # fmt: skip


def test_what_a_host_does_not_say_is_unknown() -> None:
    assert usage_of_host({"gpus": []}) == Usage()
