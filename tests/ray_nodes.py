"""Real Ray nodes for tests: processes of this machine, in a short directory, always cleaned up."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from tests.guard import guarded

RAY = os.environ.get("MOBULA_TEST_RAY", str(Path(sys.executable).with_name("ray")))
# Ray's socket paths below this directory must stay under 107 bytes.
SHORT_ROOT = "/tmp"
NODE_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_autoscaler_v2": "1",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_worker_prestart": "0",
    "RAY_worker_maximum_startup_concurrency": "2",
    "RAY_health_check_period_ms": "1000",
    "RAY_memory_monitor_refresh_ms": "0",
}
SHARED_PORTS = ("--dashboard-agent-listen-port=0", "--min-worker-port=0", "--max-worker-port=0")
STOP_SECONDS = 10


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class RayNodes:
    """One Ray cluster of local processes; leave the ``with`` block and it is gone."""

    name: str
    ray: str = RAY
    token: str | None = None
    root: Path = field(init=False)
    gcs_address: str = field(init=False)
    dashboard_url: str = field(init=False)
    _processes: dict[str, subprocess.Popen[bytes]] = field(init=False, default_factory=dict)

    def __enter__(self) -> Self:
        self.root = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=SHORT_ROOT))
        # An own address per cluster and node: Ray mixes up nodes that share one.
        self._network = f"127.{30 + os.getpid() % 200}.{os.getpid() // 200 % 250}"
        self.gcs_address = f"{self._network}.1:{free_port()}"
        self.dashboard_url = f"http://127.0.0.1:{free_port()}"
        return self

    def __exit__(self, *_: object) -> None:
        for node in list(self._processes):
            self.kill(node)
        shutil.rmtree(self.root, ignore_errors=True)

    def start_head(self, node: str) -> None:
        """Start the head, without CPUs of its own, as Mobula starts it."""
        options = [
            "--head", "--no-monitor", f"--port={self.gcs_address.rpartition(':')[2]}",
            "--num-cpus=0", "--include-dashboard=true", "--dashboard-host=127.0.0.1",
            f"--dashboard-port={self.dashboard_url.rpartition(':')[2]}",
            f"--ray-client-server-port={free_port()}",
        ]  # fmt: skip
        ports = {"AUTOSCALER_METRIC_PORT": free_port(), "DASHBOARD_METRIC_PORT": free_port()}
        self._start(node, options, group="head", environment={k: str(v) for k, v in ports.items()})

    def start_worker(self, node: str, *, cpus: int, group: str = "workers") -> None:
        """Start a worker node with this many declared CPUs."""
        options = [f"--address={self.gcs_address}", f"--num-cpus={cpus}"]
        self._start(node, options, group=group, environment={})

    def kill(self, node: str) -> None:
        """End a node at once, with everything it started."""
        process = self._processes.pop(node)
        # Ray's children die with their `ray start`; the group catches those that do not.
        _signal_group(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)

    def log(self, node: str) -> str:
        """Return what the node's `ray start` printed."""
        return (self.root / f"{node}.log").read_text(encoding="utf-8", errors="replace")

    def _start(
        self, node: str, options: Sequence[str], *, group: str, environment: dict[str, str]
    ) -> None:
        number = len(self._processes) + 1
        directory = self.root / node
        directory.mkdir()
        command = [
            self.ray, "start", "--block", "--disable-usage-stats", *options, *SHARED_PORTS,
            f"--node-ip-address={self._network}.{number}", f"--node-name={node}",
            f"--temp-dir={directory}", "--object-store-memory=100000000",
        ]  # fmt: skip
        if "--head" not in options:
            command.remove("--disable-usage-stats")
        own = {"RAY_CLOUD_INSTANCE_ID": node, "RAY_NODE_TYPE_NAME": group}
        with (self.root / f"{node}.log").open("wb") as log:
            self._processes[node] = self._spawn(command, {**environment, **own}, log)

    def _spawn(
        self, command: list[str], environment: dict[str, str], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token} if self.token else {}
        path = {"PATH": f"{Path(self.ray).parent}:{inherited.get('PATH', '')}"}
        return subprocess.Popen(
            command, env={**inherited, **NODE_ENVIRONMENT, **token, **path, **environment},
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True, cwd=self.root,
        )  # fmt: skip


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


@contextmanager
def ray_nodes(name: str, *, ray: str = RAY, token: str | None = None) -> Iterator[RayNodes]:
    """Yield an empty cluster; its nodes are gone at the end, whatever happened."""
    with RayNodes(name, ray=ray, token=token) as nodes, guarded(nodes.root):
        yield nodes
