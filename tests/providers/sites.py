"""Places where the drivers' promises are tested, each with a driver, a cluster and its nodes."""

import atexit
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from domain.lifecycle import NodeRole
from providers.base import (
    ClusterRef,
    MachinePhase,
    NodeSpec,
    ObservedNode,
    ProviderDriver,
    RayImage,
    Throttled,
)
from providers.fake.driver import FakeDriver
from providers.local import accounts
from providers.local.driver import LocalDriver
from providers.local.installation import ray_program
from providers.local.programs import libraries_of, runnable
from tests.providers.aws import site as aws_site

LONGEST_WAIT_SECONDS = 120
STAND_IN = "mobula-stand-in-"
DRIVEN = ("fake", "local", "aws")
"""The providers with a driver: each is walked through the promises."""


def eventually[T](look: Callable[[], T], what: str) -> T:
    """Return the first true answer of `look`; give up with `what` after a long time."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"It never came about: {what}.")


@dataclass(frozen=True, kw_only=True)
class Site:
    """One provider under test. `arguments` let another process open the same one."""

    arguments: dict[str, str]
    image: RayImage
    handle: str

    @property
    def driver(self) -> ProviderDriver:
        return open_site_driver(self.arguments)

    @property
    def cluster(self) -> ClusterRef:
        return ClusterRef(
            cluster_id="7", handle=self.handle, name="demo", region="here", image=self.image
        )

    @property
    def size(self) -> str:
        return self.driver.offerings("here")[0].instance_type

    def head(self, number: int = 1, **resources: float) -> NodeSpec:
        return self._node(number, NodeRole.HEAD, resources)

    def worker(self, number: int, **resources: float) -> NodeSpec:
        return self._node(number, NodeRole.WORKER, resources)

    def _node(self, number: int, role: NodeRole, resources: dict[str, float]) -> NodeSpec:
        return NodeSpec(
            name=f"{self.handle}-{number}",
            role=role,
            group=role.value,
            instance_type=self.size,
            resources={"CPU": 1, **resources},
        )

    def other_cluster(self) -> ClusterRef:
        return replace(self.cluster, handle=f"{self.handle}x", cluster_id="8")

    def observed(self) -> dict[str, ObservedNode]:
        return {node.name: node for node in self.driver.observe(self.cluster)}

    def wait_for(self, name: str, phase: MachinePhase) -> ObservedNode:
        def look() -> ObservedNode | None:
            node = self.observed().get(name)
            return node if node and node.phase is phase else None

        return eventually(look, f"{name} is {phase}")

    def wait_until_gone(self, name: str) -> None:
        eventually(lambda: name not in self.observed(), f"{name} is gone")

    def destroy(self) -> None:
        """Destroy the cluster as the reconcile loop does: again while its last processes end."""

        def destroyed() -> bool:
            try:
                self.driver.destroy(self.cluster)
            except Throttled:
                return False
            return True

        eventually(destroyed, f"{self.handle} is destroyed")

    def starts(self) -> list[str]:
        """The names of the nodes that ever started, in order; twice when one started twice."""
        if self.arguments["kind"] == "fake":
            return FakeDriver(path=Path(self.arguments["path"])).launched
        if self.arguments["kind"] == "aws":
            return aws_site.starts(self.arguments["url"], self.handle)
        log = Path(self.image.location).with_name("starts.jsonl")
        if not log.exists():
            return []
        notes = [json.loads(line) for line in log.read_text().splitlines()]
        return [note["name"] for note in notes if note["what"] == "begin"]

    def processes(self) -> list[psutil.Process]:
        """Everything on this machine that any node of this site may have left."""
        if self.arguments["kind"] != "local":
            return []
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            marked = process.environ().get("MOBULA_NODE", "").startswith(self.handle)
            return marked or process.cwd().startswith(self._directories())
        except psutil.Error:
            return False

    def _directories(self) -> tuple[str, ...]:
        path = self.arguments["path"]
        account = accounts.account_of(Path(path).resolve() / self.handle)
        return (path, str(ray_directories_of(path)), *([str(account.path)] if account else []))

    def close(self) -> None:
        """End what a failed test left, and remove it."""
        if self.arguments["kind"] == "aws":
            aws_site.stop(self.arguments["url"])
        while left := self.processes():  # a node that was just starting has new ones meanwhile
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        if self.arguments["kind"] == "local":
            shutil.rmtree(ray_directories_of(self.arguments["path"]), ignore_errors=True)
            if accounts.are_needed():
                assert accounts.release(Path(self.arguments["path"]).resolve() / self.handle)


def ray_directories_of(root: str) -> Path:
    from providers.local.directories import ray_directories

    return ray_directories(Path(root).resolve())


def open_site_driver(arguments: dict[str, Any]) -> ProviderDriver:
    path = Path(arguments["path"])
    if arguments["kind"] == "fake":
        return FakeDriver(path=path)
    if arguments["kind"] == "aws":
        return aws_site.open_aws_driver(arguments["url"], path)
    return LocalDriver(path, memory_per_node=0)


def make_stand_in(directory: Path, *, version: str = "2.60.0") -> RayImage:
    """Put a program into `directory` that plays Ray, with the Python that an agent would use.

    As root, clusters have accounts of their own: it is put where they can enter and take notes.
    """
    if accounts.are_needed():
        directory = Path(tempfile.mkdtemp(prefix=STAND_IN, dir="/tmp"))
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        directory.chmod(0o755)
        (directory / "starts.jsonl").touch()
        (directory / "starts.jsonl").chmod(0o666)
    else:
        directory.mkdir()
    python = directory / "python"
    _put_python(python)
    program = directory / "ray"
    source = Path(__file__).with_name("stand_in_ray.py").read_text()
    program.write_text(f"#!{python} -IS\n{source}")
    program.chmod(0o755)
    return RayImage(location=str(program), ray_version=version, python_version="3.13")


def _put_python(path: Path) -> None:
    """Let `path` run Python; as root, one that every cluster's account can run as well."""
    own = Path(sys.executable)
    if accounts.are_needed():
        ray = runnable(ray_program(""), accounts.ClusterAccount(accounts.LAST_ID))
        own = ray.with_name("python")
        if libraries := libraries_of(ray):
            path.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {own} "$@"\n')
            path.chmod(0o755)
            return
    path.symlink_to(own)


def python_of(image: RayImage) -> str:
    """The Python that runs beside the stand-in, as it names itself."""
    python = Path(image.location).with_name("python")
    command = [python, "-c", "import sys; print(sys.executable)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
