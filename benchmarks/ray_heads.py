"""Ray started by hand, without Mobula, to compare with; and Ray's own word on which nodes live."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from agent.head.gcs import Gcs, GcsError, accepts_connections
from providers.local.commands import PASSED_ON
from providers.local.ports import free_ports
from tests.guard import guarded

RAY = Path(sys.executable).with_name("ray")
POLL_SECONDS = 0.02
PATIENCE_SECONDS = 180.0
DEAD = 2


class RayState:
    """Ray's own list of its nodes, asked in the way the head agent asks."""

    def __init__(self, address: str, *, token: str | None = None) -> None:
        self._address = address
        self._token = token
        self._gcs: Gcs | None = None

    def nodes(self) -> int:
        """Return how many nodes Ray says are not dead; 0 while it does not answer."""
        if self._gcs is None:
            if not accepts_connections(self._address):
                return 0
            self._gcs = Gcs(self._address, token=self._token)
        with suppress(GcsError):
            return sum(node.status != DEAD for node in self._gcs.state().node_states)
        return 0

    def wait_for(self, count: int) -> float:
        """Return the moment (time.time) at which Ray lists exactly `count` nodes."""
        deadline = time.time() + PATIENCE_SECONDS
        while self.nodes() != count:
            if time.time() > deadline:
                raise TimeoutError(f"{self._address} never had {count} nodes.")
            time.sleep(POLL_SECONDS)
        return time.time()


@contextmanager
def bare_head(flags: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Start `ray start --head` and yield its GCS address at once; end all of it afterwards.

    Its ports and directory are given, as others may run Ray on this machine; all else is Ray's
    default unless `flags` and `environment` say so.
    """
    gcs, dashboard, client, metrics, scaler = free_ports(5)
    directory = Path(tempfile.mkdtemp(prefix="mbr-", dir="/tmp"))
    address = f"127.77.{os.getpid() % 250}.{1 + gcs % 250}"
    command = [
        str(RAY), "start", "--head", "--block", f"--node-ip-address={address}", f"--port={gcs}",
        f"--temp-dir={directory}", f"--dashboard-port={dashboard}",
        f"--ray-client-server-port={client}", "--dashboard-agent-listen-port=0", *flags,
    ]  # fmt: skip
    # The same environment as Mobula gives its nodes, but none of its settings of Ray.
    own = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    ports = {"AUTOSCALER_METRIC_PORT": str(scaler), "DASHBOARD_METRIC_PORT": str(metrics)}
    quiet = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    with guarded(directory), (directory / "ray.log").open("wb") as log:
        ray = subprocess.Popen(
            command,
            env={**own, "RAY_TMPDIR": str(directory), **quiet, **ports, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=directory,
            start_new_session=True,
        )
        yield f"{address}:{gcs}"
    ray.wait()
    shutil.rmtree(directory, ignore_errors=True)
