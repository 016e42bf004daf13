"""(b) From demand to the first worker in Ray's own state: Mobula against Ray's own autoscaler.

Both get the same task from the same driver on a head without CPUs, and the same two CPUs a worker.
Ray's autoscaler runs as shipped (it looks every 5 s) and with a loop of 1 s; its workers come from
Ray's own fake multi-node provider, which starts them in the monitor without `ray start`.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import report
from benchmarks.ray_heads import RayState, bare_head
from providers.local.commands import RAY_SETTINGS
from tests.e2e.stack import console
from tests.guard import guarded_process

ROUNDS = 5
CHANCE = random.Random(1)  # noqa: S311 - the same waits in each run, no secret
TEXT = """\
cloud: local
head_node:
  instance_type: 2CPU-4GB
  resources:
    CPU: 0
worker_nodes:
  - name: small
    instance_type: 2CPU-4GB
    max_nodes: 1
mobula:
  worker_idle_seconds: 1
"""
COMMANDS = (
    *("initialization", "setup", "head_setup", "worker_setup"),
    *("head_start_ray", "worker_start_ray"),
)
# Says when it asked, and ends when its task has run: then the worker is idle.
DRIVER = """
import sys, time, ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
task = ray.remote(num_cpus=1)(lambda: None)
asked = time.time()
ready = task.remote()
print(asked, flush=True)
ray.get(ready)
"""


def seconds_to_worker(address: str, *, token: str | None, environment: dict[str, str]) -> float:
    """Return seconds from a task's submission until Ray lists the worker it made necessary."""
    state = RayState(address, token=token)
    state.wait_for(1)
    access = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token} if token else {}
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, address],
        env={**os.environ, "RAY_AUTH_MODE": "disabled", **environment, **access},
        stdout=subprocess.PIPE,
        text=True,
    )
    with guarded_process(driver):
        assert driver.stdout is not None
        started = float(driver.stdout.readline())
        came = state.wait_for(2)
        driver.wait(timeout=120)
    return came - started


@contextmanager
def ray_that_scales_itself(*, interval: int) -> Iterator[str]:
    """Yield the address of a head with Ray's own autoscaler and the wheel's fake provider."""
    with tempfile.TemporaryDirectory(prefix="mbr-", dir="/tmp") as directory:
        config = Path(directory, "autoscaler.json")
        environment = {
            **RAY_SETTINGS,
            "RAY_enable_autoscaler_v2": "0",
            "RAY_FAKE_CLUSTER": "1",
            "AUTOSCALER_UPDATE_INTERVAL_S": str(interval),
        }
        flags = ("--num-cpus=0", f"--autoscaling-config={config}")
        with bare_head(flags, environment) as address:
            # Read by the monitor seconds later, once the address is known to us.
            config.write_text(json.dumps(_fake_cluster(address)))
            yield address


def _fake_cluster(address: str) -> dict[str, object]:
    # The fake provider refuses a node's memory; nothing here asks for any.
    worker = {"CPU": 2, "object_store_memory": 128 * 2**20}
    return {
        "cluster_name": "fake_multinode",
        "max_workers": 1,
        "idle_timeout_minutes": 1 / 60,
        "upscaling_speed": 1,
        "provider": {"type": "fake_multinode", "gcs_address": address},
        "available_node_types": {
            "ray.head.default": {"resources": {"CPU": 0}, "node_config": {}, "max_workers": 0},
            "small": {
                "resources": worker,
                "node_config": {},
                "min_workers": 0,
                "max_workers": 1,
            },
        },
        "head_node_type": "ray.head.default",
        # Asked for by Ray's check of the file, and of no use on one machine.
        **{key: {} for key in ("head_node", "worker_nodes", "auth", "docker", "file_mounts")},
        **{f"{key}_commands": [] for key in COMMANDS},
        "cluster_synced_files": [],
        "file_mounts_sync_continuously": False,
        "rsync_exclude": [],
        "rsync_filter": [],
    }


def of_mobula() -> list[float]:
    """Return the seconds of each round on a cluster that Mobula scales."""
    times = []
    with console() as mobula:
        cluster = mobula.launch("bench", version=mobula.make_template("bench", TEXT))
        cluster.comes_to("running")
        row = cluster.row
        token = Path(mobula.home.path, "local", str(row["handle"]), "token").read_text()
        for number in range(ROUNDS + 1):
            taken = seconds_to_worker(row["gcs_address"], token=token, environment={})
            cluster.has_workers(0)
            print(f"ours {taken:.2f} s", flush=True)
            times += [taken] if number else []
    return times


def of_ray(*, interval: int) -> list[float]:
    """Return the seconds of each round, each on a new cluster that Ray scales.

    The fake provider is slow to take a worker away again, and that is not what is measured here.
    """
    times = []
    for number in range(ROUNDS + 1):
        with ray_that_scales_itself(interval=interval) as address:
            RayState(address).wait_for(1)
            # Otherwise each demand would come at the same moment of the autoscaler's loop.
            time.sleep(CHANCE.uniform(5, 10))
            taken = seconds_to_worker(address, token=None, environment={})
        print(f"Ray, every {interval} s: {taken:.2f} s", flush=True)
        times += [taken] if number else []
    return times


def main() -> None:
    before = report.machine()
    times = {"ours": of_mobula(), "ray 5 s": of_ray(interval=5), "ray 1 s": of_ray(interval=1)}
    median = {name: statistics.median(durations) for name, durations in times.items()}
    report.write(
        "scale_out",
        goal=0.7,
        value=median["ours"] / median["ray 5 s"],
        unit="demand → first worker in Ray ÷ Ray's autoscaler as shipped",
        ratio_to_a_loop_of_1_s=round(median["ours"] / median["ray 1 s"], 3),
        seconds={name: report.seconds(durations) for name, durations in times.items()},
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
