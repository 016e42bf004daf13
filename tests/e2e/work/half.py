"""A job that keeps two nodes half busy until a file `--until` exists, and then asks for less.

A placement group makes both nodes come. It leaves them to one task each, of one CPU.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import ray
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import (
    NodeAffinitySchedulingStrategy,
    PlacementGroupSchedulingStrategy,
)

parser = argparse.ArgumentParser()
parser.add_argument("--until", type=Path, required=True)
options = parser.parse_args()


@ray.remote(num_cpus=1)
def node_id() -> str:
    return str(ray.get_runtime_context().get_node_id())


@ray.remote(num_cpus=1)
def hold(until: Path, begun: Path) -> str:
    begun.touch()
    while not until.exists():
        time.sleep(0.2)
    return os.environ["MOBULA_NODE"]


@ray.remote(num_cpus=1)
def where() -> str:
    return os.environ["MOBULA_NODE"]


ray.init()
group = placement_group([{"CPU": 1}] * 2, strategy="STRICT_SPREAD")
ray.get(group.ready())
places = [PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=i) for i in range(2)]
nodes = ray.get([node_id.options(scheduling_strategy=place).remote() for place in places])
# Beside `--until` a job may not write: that is the tests' own directory.
begun = [Path(tempfile.gettempdir()) / f"mobula-begun-{node}" for node in nodes]
halves = [
    hold.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=True)).remote(
        options.until, begun=file
    )
    for node, file in zip(nodes, begun, strict=True)
]
while not all(file.exists() for file in begun):
    time.sleep(0.1)
for file in begun:
    file.unlink()
remove_placement_group(group)
ran = {"halves": ray.get(halves), "after": ray.get([where.remote() for _ in range(2)])}
print("placed", json.dumps(ran), flush=True)  # noqa: T201 - it is the job's log
