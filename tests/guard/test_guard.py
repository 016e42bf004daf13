"""Whatever ends a run, and whenever: nothing that it started is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from tests.guard import ROOT, processes_of
from tests.servers import open_directory, remove

WAIT_SECONDS = 20


class Begin(Protocol):
    """Starts a run of this code and waits for the moment."""

    def __call__(self, code: str, *, until: str) -> subprocess.Popen[str]: ...


ENDINGS = (
    ("begun", signal.SIGTERM),
    ("started", signal.SIGINT),
    ("started", signal.SIGTERM),
    ("started", signal.SIGHUP),
    ("started", signal.SIGKILL),
    ("ending", signal.SIGTERM),
    ("ending", signal.SIGKILL),
)
# A run with four programs: one marked, one only by its place, one in a session of its own that
# does not heed SIGTERM, and one of a child that ended.
STARTS = """
import os, subprocess, sys, time
from pathlib import Path
from tests.guard import guarded
directory = Path(sys.argv[1])
def start(code, **options):
    subprocess.Popen([sys.executable, "-S", "-c", code], **options)
def wait(moment):
    print(moment, flush=True)
    time.sleep(60 if moment == sys.argv[2] else 0)
with guarded(directory):
    wait("begun")
    try:
        start("import time; time.sleep(60)", env={**os.environ, "MOBULA_HOME": str(directory)})
        start("import time; time.sleep(60)", cwd=directory, start_new_session=True)
        start("import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)",
              cwd=directory, start_new_session=True)
        start("import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c',"
              " 'import time; time.sleep(60)'])", cwd=directory)
        wait("started")
    finally:
        wait("ending")
wait("ended")
"""
# A node of the local driver, with a keeper that belongs to nobody and a real Ray.
NODE = """
import sys, time
from pathlib import Path
from domain.lifecycle import NodeRole
from providers.base import ClusterRef, NodeSpec
from providers.local.driver import LocalDriver
from providers.local.installation import installed_image
from tests.guard import guarded
directory = Path(sys.argv[1])
driver = LocalDriver(directory / "local")
cluster = ClusterRef(
    cluster_id="7", handle="guarded", name="guarded", region="", image=installed_image()
)
head = NodeSpec(
    name="guarded-1", role=NodeRole.HEAD, group="head", instance_type="1CPU-2GB", resources={}
)
with guarded(directory):
    driver.prepare(cluster)
    driver.launch(cluster, [head])
    while not any(node.endpoints for node in driver.observe(cluster)):
        time.sleep(0.1)
    print("started", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory of a run."""
    opened = open_directory("mbg-")
    yield opened
    remove(opened)


@pytest.fixture
def begin(directory: Path) -> Iterator[Begin]:
    """Starts a run and returns it once it has come to a moment."""
    with ExitStack() as stack:

        def start(code: str, *, until: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", code, str(directory), until],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout is not None
            assert until in (line.strip() for line in process.stdout)
            return process

        yield start


def left_after(process: subprocess.Popen[str], directory: Path) -> list[psutil.Process]:
    """Return what there is of a run some time after its end."""
    process.wait(WAIT_SECONDS)
    deadline = time.monotonic() + WAIT_SECONDS
    while (left := processes_of(directory)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


@pytest.mark.parametrize(("moment", "ending"), ENDINGS)
def test_a_signal_leaves_no_process(
    begin: Begin, directory: Path, moment: str, ending: signal.Signals
) -> None:
    process = begin(STARTS, until=moment)
    process.send_signal(ending)
    assert left_after(process, directory) == []
    assert process.returncode != 0


def test_a_run_that_ends_in_order_leaves_no_process(begin: Begin, directory: Path) -> None:
    process = begin(STARTS, until="ended")
    assert processes_of(directory) == []
    process.kill()
    assert left_after(process, directory) == []


def test_the_whole_group_killed_at_once_leaves_no_process(begin: Begin, directory: Path) -> None:
    process = begin(STARTS, until="started")
    while len(processes_of(directory)) < 4:  # one of them is a child of a child
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    assert left_after(process, directory) == []


def test_what_only_looks_into_the_directory_is_left_alone(begin: Begin, directory: Path) -> None:
    process = begin(STARTS, until="started")
    reader = subprocess.Popen(["tail", "-f", "/dev/null", str(directory / "log")], stderr=-3)
    process.kill()
    assert left_after(process, directory) == []
    assert reader.poll() is None
    reader.kill()
    reader.wait()


@pytest.mark.ray
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_no_ray_node_is_left(begin: Begin, directory: Path, ending: signal.Signals) -> None:
    process = begin(NODE, until="started")
    assert "gcs_server" in {each.name() for each in processes_of(directory)}
    process.send_signal(ending)
    assert left_after(process, directory) == []
