"""(a) From the click on Launch to a head that Ray lists as alive, against `ray start --head` alone.

Three ways in turn, on one machine in one run: through Mobula; `ray start --head` as anybody would
type it; and `ray start --head` with the flags and settings that Mobula gives a local head.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

from benchmarks import report
from benchmarks.ray_heads import POLL_SECONDS, RayState, bare_head
from providers.local.commands import RAY_SETTINGS
from tests.e2e.cluster import DrivenCluster
from tests.e2e.stack import Console, console

ROUNDS = 7
TEXT = """\
cloud: local
head_node:
  instance_type: 2CPU-4GB
"""
OUR_FLAGS = (
    "--no-monitor", "--num-cpus=2", "--num-gpus=0", f"--memory={4 * 2**30}",
    f"--object-store-memory={128 * 2**20}", "--min-worker-port=0", "--max-worker-port=0",
    "--include-dashboard=true", "--dashboard-host=127.0.0.1",
)  # fmt: skip


def ours(mobula: Console, *, version: int, number: int) -> tuple[float, float, dict[str, float]]:
    """Return seconds from the click until Ray lists the head, until the page says so, and why."""
    clicked = time.time()
    cluster = mobula.launch(f"bench-{number}", version=version)
    answered = time.time()
    address = _gcs_address(mobula, cluster)
    alive = RayState(address, token=_token(mobula, cluster)).wait_for(1)
    cluster.comes_to("running")
    head, row = cluster.nodes(role="head")[0], cluster.row
    cluster.press("terminate")
    cluster.comes_to("terminated")
    steps = {
        "answer of the form": answered - clicked,
        "until the worker asks the provider": head["launched_at"].timestamp() - clicked,
        "until Ray lists it": alive - clicked,
        "until the node is ready": head["ready_at"].timestamp() - clicked,
        "until the cluster runs": row["started_at"].timestamp() - clicked,
    }
    return alive - clicked, steps["until the cluster runs"], steps


def bare(flags: tuple[str, ...], environment: dict[str, str]) -> float:
    """Return seconds from starting `ray start` until Ray lists the head."""
    started = time.time()
    with bare_head(flags, environment) as address:
        return RayState(address).wait_for(1) - started


def _gcs_address(mobula: Console, cluster: DrivenCluster) -> str:
    """Return where the head will listen, from the record that its keeper writes first."""
    record = mobula.home.path / "local" / str(cluster.row["handle"]) / "0" / "node.json"
    while not record.exists():
        time.sleep(POLL_SECONDS)
    return str(json.loads(record.read_text())["gcs_address"])


def _token(mobula: Console, cluster: DrivenCluster) -> str:
    handle = str(cluster.row["handle"])
    return Path(mobula.home.path, "local", handle, "token").read_text()


def main() -> None:
    before = report.machine()
    times: dict[str, list[float]] = {"ours": [], "page": [], "bare": [], "same flags": []}
    steps: list[dict[str, float]] = []
    with console() as mobula:
        version = mobula.make_template("bench", TEXT)
        for number in range(ROUNDS + 1):
            alive, page, taken = ours(mobula, version=version, number=number)
            plain = bare((), {})
            same = bare(OUR_FLAGS, RAY_SETTINGS)
            print(f"ours {alive:.2f} s (page {page:.2f}), bare {plain:.2f}, same {same:.2f}")
            if number == 0:
                continue  # the first round warms the disk's cache
            for name, value in zip(times, (alive, page, plain, same), strict=True):
                times[name].append(value)
            steps.append(taken)
    median = {name: statistics.median(durations) for name, durations in times.items()}
    report.write(
        "head_start",
        goal=1.2,
        value=median["ours"] / median["bare"],
        unit="click → Ray lists the head ÷ `ray start --head`",
        ratio_to_same_flags=round(median["ours"] / median["same flags"], 3),
        ratio_until_page_says_running=round(median["page"] / median["bare"], 3),
        seconds={name: report.seconds(durations) for name, durations in times.items()},
        steps={name: report.seconds([step[name] for step in steps]) for name in steps[0]},
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
