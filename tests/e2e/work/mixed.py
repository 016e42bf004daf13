"""A job of mixed work; it runs on the cluster, and says where each part of the work ran.

An actor fills a machine for as long as no file `--until` exists. Meanwhile come tasks for a fake
GPU, a placement group whose bundles lie apart, and once these have their place a burst of tasks.
"""

import argparse
import json
import os
import time
from pathlib import Path

import ray
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

parser = argparse.ArgumentParser()
parser.add_argument("--until", type=Path, required=True)
options = parser.parse_args()


@ray.remote
class Keeper:
    def where(self) -> str:
        return os.environ["MOBULA_NODE"]


@ray.remote
def where(seconds: float) -> str:
    time.sleep(seconds)
    return os.environ["MOBULA_NODE"]


ray.init()
keeper = Keeper.options(num_cpus=4).remote()
gpu = [where.options(num_cpus=0, num_gpus=1).remote(0.5) for _ in range(2)]
group = placement_group([{"CPU": 2, "disk": 1}] * 2, strategy="STRICT_SPREAD")
ran = {"actor": [ray.get(keeper.where.remote())], "gpu": ray.get(gpu)}
ray.get(group.ready())
bundles = [
    where.options(
        num_cpus=2,
        scheduling_strategy=PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=i),
    ).remote(0)
    for i in range(2)
]
ran["spread"] = ray.get(bundles)
# All machines are full now: the burst needs new ones.
ran["burst"] = ray.get([where.options(num_cpus=0.5).remote(0.5) for _ in range(8)])
remove_placement_group(group)
print("placed", json.dumps(ran), flush=True)  # noqa: T201 - it is the job's log
while not options.until.exists():
    time.sleep(0.2)
print("the actor is still on", ray.get(keeper.where.remote()), flush=True)  # noqa: T201
