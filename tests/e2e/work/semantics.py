"""Work whose placement follows Ray's finer rules; it runs on the cluster, one kind a call.

Each kind prints `placed` with the nodes that its parts ran on. `spread` goes on until a file
`--until` names a node that was lost, and says where its bundles lie then.
"""

import argparse
import json
import os
import time
from pathlib import Path

import ray

parser = argparse.ArgumentParser()
parser.add_argument("kind", choices=["serve", "fallback", "fractions", "spread"])
parser.add_argument("--until", type=Path)
options = parser.parse_args()


@ray.remote
def where(seconds: float) -> str:
    time.sleep(seconds)
    return os.environ["MOBULA_NODE"]


@ray.remote
class Keeper:
    def where(self) -> str:
        return os.environ["MOBULA_NODE"]


def serve() -> list[str]:
    """Three replicas, one a node at most."""
    from ray import serve as ray_serve

    @ray_serve.deployment(
        num_replicas=3, max_replicas_per_node=1, ray_actor_options={"num_cpus": 0.1}
    )
    class Model:
        def __call__(self) -> str:
            return os.environ["MOBULA_NODE"]

    handle = ray_serve.run(Model.bind(), name="app", route_prefix=None)
    nodes: set[str] = set()
    deadline = time.monotonic() + 60
    while len(nodes) < 3 and time.monotonic() < deadline:
        nodes.add(handle.remote().result())
    ray_serve.shutdown()
    return sorted(nodes)


def fallback() -> list[str]:
    """A task that would like gold, and takes silver."""
    task = where.options(
        num_cpus=1,
        label_selector={"tier": "gold"},
        fallback_strategy=[{"label_selector": {"tier": "silver"}}],
    )
    return [ray.get(task.remote(0.2))]


def fractions() -> list[str]:
    """Two actors of 0.6 GPU leave 0.4 on each of two GPUs: no place for a task of 0.6.

    Ray itself adds the 0.4 up and lets the task wait there, whatever nodes come: it is submitted
    again until Ray happens to pick the other node.
    """
    actors = [Keeper.options(num_cpus=0, num_gpus=0.6).remote() for _ in range(2)]
    nodes = ray.get([actor.where.remote() for actor in actors])
    waiting = where.options(num_cpus=0, num_gpus=0.6).remote(0)
    while ray.cluster_resources().get("GPU", 0) < 4:
        time.sleep(0.2)
    ray.cancel(waiting)
    task = where.options(num_cpus=0, num_gpus=0.6, scheduling_strategy="SPREAD")
    while True:
        trial = task.remote(0.2)
        done, _ = ray.wait([trial], timeout=5)
        if done:
            return [*nodes, ray.get(trial)]
        ray.cancel(trial)


def spread() -> list[str]:
    """A STRICT_SPREAD group of two: a lost bundle comes back on a node of its own."""
    from ray.util.placement_group import placement_group, placement_group_table

    group = placement_group([{"CPU": 2}] * 2, strategy="STRICT_SPREAD")
    ray.get(group.ready())
    print("placed", json.dumps(_nodes(placement_group_table(group))), flush=True)  # noqa: T201
    while not options.until.exists():
        time.sleep(0.2)
    deadline = time.monotonic() + 120
    table = placement_group_table(group)
    lost = options.until.read_text()
    while not _stands(table, without=lost) and time.monotonic() < deadline:
        time.sleep(0.2)
        table = placement_group_table(group)
    print("state", table["state"], flush=True)  # noqa: T201
    return _nodes(table)


def _stands(table: dict[str, object], *, without: str) -> bool:
    """Return whether all bundles lie on nodes, none of them on the lost one."""
    return table["state"] == "CREATED" and without not in _nodes(table)


def _nodes(table: dict[str, object]) -> list[str]:
    """Return Mobula's names of the nodes that hold the bundles."""
    bundles = table["bundles_to_node_id"]
    names = {node["NodeID"]: node["NodeName"] for node in ray.nodes()}
    return sorted(names[node] for node in bundles.values())  # type: ignore[attr-defined]


ray.init()
print("placed", json.dumps(globals()[options.kind]()), flush=True)  # noqa: T201 - the job's log
